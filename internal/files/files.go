// Package files keeps attachments by what is in them: the name of a file is the
// SHA-256 of its bytes, so the same bytes are kept once and damage is noticed.
// Who may see a file, and what it is called, is known to the rows that refer to
// it, not here.
package files

import (
	"context"
	"io"
	"net/http"
	"strings"
)

// Ref names kept bytes.
type Ref struct {
	SHA256 string // 64 lower-case hexadecimal digits
	Size   int64  // bytes
}

// Store keeps bytes. All methods are safe for concurrent use, also by several
// processes on one store.
type Store interface {
	// Put keeps all of r and is done only when it would survive a power cut.
	// The same bytes again are no error and take no more room. More than the
	// store's limit is a fault.Invalid of the field "file", and nothing is kept.
	Put(ctx context.Context, r io.Reader) (Ref, error)
	// Get opens kept bytes after checking all of them: no byte of a damaged file
	// is ever given out. fault.NotFound when there are none, fault.Unavailable
	// when they are damaged. The caller closes it.
	Get(ctx context.Context, sha256 string) (io.ReadSeekCloser, error)
	// Has reports whether there are such bytes, without reading them.
	Has(ctx context.Context, sha256 string) (bool, error)
	// Delete forgets bytes; that there are none is no error.
	Delete(ctx context.Context, sha256 string) error
}

// sniffLength is how many bytes the type of a file shows in.
const sniffLength = 512

// SniffType tells the type of a file by its beginning, never by its name. The
// answer is "application/octet-stream" when it shows nothing. Text that is SVG
// or HTML may be called text/plain or text/xml; only Inline decides what a
// browser may show.
func SniffType(head []byte) string {
	return http.DetectContentType(head[:min(len(head), sniffLength)])
}

// SniffReader reads the type of r and goes back to its beginning.
func SniffReader(r io.ReadSeeker) (string, error) {
	head := make([]byte, sniffLength)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return "", err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	return SniffType(head[:n]), nil
}

// Inline reports whether a file of this sniffed type may be shown inside a page.
// Only pictures that cannot hold a script may; everything else is an attachment.
func Inline(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		return true
	}
	return false
}
