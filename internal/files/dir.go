package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"coetracker/internal/fault"
)

// DefaultMaxSize is the largest file a folder keeps unless told otherwise: 25 MB.
const DefaultMaxSize = 25 << 20

// temporary is the folder, inside the store, of files that are being written.
const temporary = "tmp"

// Dir is a Store in a folder: each file is DIR/ab/abcdef…, where abcdef… is its
// hash.
type Dir struct {
	root    string
	maxSize int64
}

var _ Store = (*Dir)(nil)

// NewDir opens the store in a folder and makes the folder where there is none.
// maxSize is in bytes; 0 means DefaultMaxSize.
func NewDir(root string, maxSize int64) (*Dir, error) {
	if maxSize <= 0 {
		maxSize = DefaultMaxSize
	}
	if err := os.MkdirAll(filepath.Join(root, temporary), 0o700); err != nil {
		return nil, fmt.Errorf("open the folder of files: %w", err)
	}
	return &Dir{root: root, maxSize: maxSize}, nil
}

// Put implements Store. The bytes are written beside their place and renamed
// into it, so that a half-written file never has a name; a damaged file of the
// same hash is replaced.
func (d *Dir) Put(ctx context.Context, r io.Reader) (Ref, error) {
	temp, err := os.CreateTemp(filepath.Join(d.root, temporary), "put-")
	if err != nil {
		return Ref{}, fmt.Errorf("keep a file: %w", err)
	}
	defer os.Remove(temp.Name()) // gone already after the rename
	ref, err := d.fill(ctx, temp, r)
	if closed := temp.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = d.place(temp.Name(), ref.SHA256)
	}
	if err != nil {
		if _, known := fault.Of(err); known || ctx.Err() != nil {
			return Ref{}, err
		}
		return Ref{}, fmt.Errorf("keep a file: %w", err)
	}
	return ref, nil
}

// fill writes r into the temporary file, and to the disk.
func (d *Dir) fill(ctx context.Context, temp *os.File, r io.Reader) (Ref, error) {
	hash := sha256.New()
	limited := io.LimitReader(untilDone{ctx, r}, d.maxSize+1) // one more, to see that it is too much
	n, err := io.Copy(io.MultiWriter(temp, hash), limited)
	if err != nil {
		return Ref{}, err
	}
	if n > d.maxSize {
		return Ref{}, fault.Invalidf("file", "This file is larger than %s. Make it smaller, or link to where it is kept.", megabytes(d.maxSize))
	}
	if err := temp.Sync(); err != nil {
		return Ref{}, err
	}
	return Ref{SHA256: hex.EncodeToString(hash.Sum(nil)), Size: n}, nil
}

// place gives the file its name and writes the names to the disk too.
func (d *Dir) place(temp, hash string) error {
	path := d.path(hash)
	folder := filepath.Dir(path)
	made := false
	if err := os.Mkdir(folder, 0o700); err == nil {
		made = true
	} else if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	if err := syncFolder(folder); err != nil {
		return err
	}
	if made {
		return syncFolder(d.root)
	}
	return nil
}

// Get implements Store. It reads the file twice: a stream could be checked only
// after it was given out.
func (d *Dir) Get(ctx context.Context, hash string) (io.ReadSeekCloser, error) {
	if !validHash(hash) {
		return nil, noSuchFile()
	}
	f, err := os.Open(d.path(hash))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, noSuchFile()
	}
	if err != nil {
		return nil, fmt.Errorf("open file %s: %w", hash, err)
	}
	if err := check(ctx, f, hash); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

func noSuchFile() error { return fault.NotFoundf("There is no such file.") }

// check reads all of f, compares, and goes back to its beginning.
func check(ctx context.Context, f *os.File, hash string) error {
	sum := sha256.New()
	if _, err := io.Copy(sum, untilDone{ctx, f}); err != nil {
		return fmt.Errorf("read file %s: %w", hash, err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != hash {
		return fault.Unavailablef(fmt.Errorf("file %s has the hash %s", hash, got),
			"This file was damaged on the disk of the server and is not given out. An admin can put it back from a backup.")
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read file %s: %w", hash, err)
	}
	return nil
}

// Has implements Store.
func (d *Dir) Has(_ context.Context, hash string) (bool, error) {
	if !validHash(hash) {
		return false, nil
	}
	info, err := os.Stat(d.path(hash))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for file %s: %w", hash, err)
	}
	return info.Mode().IsRegular(), nil
}

// Delete implements Store.
func (d *Dir) Delete(_ context.Context, hash string) error {
	if !validHash(hash) {
		return nil
	}
	path := d.path(hash)
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("delete file %s: %w", hash, err)
	}
	return nil
}

// Sweep takes away what a killed process left half-written before the given
// time, and says how many files that were.
func (d *Dir) Sweep(ctx context.Context, before time.Time) (int, error) {
	left, err := os.ReadDir(filepath.Join(d.root, temporary))
	if err != nil {
		return 0, fmt.Errorf("sweep half-written files: %w", err)
	}
	swept := 0
	for _, entry := range left {
		if err := ctx.Err(); err != nil {
			return swept, err
		}
		info, err := entry.Info()
		if err != nil || !info.ModTime().Before(before) {
			continue // finished meanwhile, or still being written
		}
		if err := os.Remove(filepath.Join(d.root, temporary, entry.Name())); err == nil {
			swept++
		}
	}
	return swept, nil
}

// path is where a file of this hash is; only valid hashes come here.
func (d *Dir) path(hash string) string { return filepath.Join(d.root, hash[:2], hash) }

// validHash keeps anything that is not a hash, such as "../", out of paths.
func validHash(s string) bool {
	if len(s) != 2*sha256.Size {
		return false
	}
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// syncFolder writes the names in a folder to the disk.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

// untilDone stops reading when the caller gave up.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}

func megabytes(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%d MB", n>>20)
}
