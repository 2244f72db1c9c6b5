// Package static serves the script, the style sheet and the icon. They are built
// from web/assets (make assets), committed, and part of the binary; each has an
// address that changes with its bytes, so that browsers may keep it for ever.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed app.js style.css favicon.svg
var embedded embed.FS

// prefix is where the files are served.
const prefix = "/static/"

// types are the media types by ending; nosniff makes browsers take them at their word.
var types = map[string]string{
	".js":  "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml",
}

// Assets are the embedded files, packed and addressed.
type Assets struct {
	files map[string]*file // by short name
}

// file is one embedded file, ready to be sent.
type file struct {
	name   string // with the hash: "app-1f0c9a2b3c4d.js"
	etag   string
	media  string
	plain  []byte
	zipped []byte // gzip, made once
}

// New packs the embedded files; they never change while the program runs.
func New() (*Assets, error) {
	a := &Assets{files: map[string]*file{}}
	entries, err := embedded.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("static files: %w", err)
	}
	for _, entry := range entries {
		data, err := embedded.ReadFile(entry.Name())
		if err != nil {
			return nil, fmt.Errorf("static file: %w", err)
		}
		if a.files[entry.Name()], err = pack(entry.Name(), data); err != nil {
			return nil, fmt.Errorf("static file %s: %w", entry.Name(), err)
		}
	}
	return a, nil
}

func pack(name string, data []byte) (*file, error) {
	sum := sha256.Sum256(data)
	hash := hex.EncodeToString(sum[:6])
	ending := path.Ext(name)
	zipped, err := zip(data)
	return &file{
		name: strings.TrimSuffix(name, ending) + "-" + hash + ending, etag: `"` + hash + `"`,
		media: types[ending], plain: data, zipped: zipped,
	}, err
}

func zip(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	err = w.Close()
	return b.Bytes(), err
}

// URL gives the address of a file by its short name: URL("app.js") is
// "/static/app-1f0c9a2b3c4d.js". A name that is not there gives an address that
// answers 404.
func (a *Assets) URL(name string) string {
	if f, ok := a.files[name]; ok {
		return prefix + f.name
	}
	return prefix + name
}

// Handler answers GET and HEAD by the last element of the path. A file at its
// own address may be kept for a year without asking; an address with an older
// hash (a page from before an update) gets today's file, which must not be kept.
func (a *Assets) Handler() http.Handler { return http.HandlerFunc(a.serve) }

func (a *Assets) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Only GET and HEAD work here.", http.StatusMethodNotAllowed)
		return
	}
	asked := path.Base(r.URL.Path)
	f := a.find(asked)
	if f == nil {
		http.Error(w, "There is no such file.", http.StatusNotFound)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.media)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("ETag", f.etag)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	if asked == f.name {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if strings.Contains(r.Header.Get("If-None-Match"), f.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	send(w, r, f)
}

func send(w http.ResponseWriter, r *http.Request, f *file) {
	body := f.plain
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		body = f.zipped
		w.Header().Set("Content-Encoding", "gzip")
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // the reader went away: nobody to tell
	}
}

// find maps an address to its file, whatever the hash in it is.
func (a *Assets) find(asked string) *file {
	ending := path.Ext(asked)
	stem, _, _ := strings.Cut(strings.TrimSuffix(asked, ending), "-")
	return a.files[stem+ending]
}

// acceptsGzip reads an Accept-Encoding header; "gzip;q=0" refuses.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, quality, weighed := strings.Cut(strings.TrimSpace(part), ";")
		if coding != "gzip" && coding != "*" {
			continue
		}
		q := strings.TrimPrefix(strings.TrimSpace(quality), "q=")
		if v, err := strconv.ParseFloat(q, 64); weighed && err == nil && v == 0 {
			return false
		}
		return true
	}
	return false
}
