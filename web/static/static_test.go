package static_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"coetracker/web/static"
)

func assets(t *testing.T) *static.Assets {
	t.Helper()
	a, err := static.New()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func get(t *testing.T, method, address string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, address, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	assets(t).Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r io.Reader) []byte {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestURLNamesTheBytes(t *testing.T) {
	t.Parallel()
	shape := regexp.MustCompile(`^/static/(app|style|favicon)-[0-9a-f]{12}\.(js|css|svg)$`)
	for _, name := range []string{"app.js", "style.css", "favicon.svg"} {
		if got := assets(t).URL(name); !shape.MatchString(got) {
			t.Errorf("URL(%q) = %q, want a hash in it", name, got)
		}
	}
	if res := get(t, "GET", assets(t).URL("nothing.js")); res.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown file answers %d, want 404", res.StatusCode)
	}
}

func TestFilesAreServedAsTheyAreOnDisk(t *testing.T) {
	t.Parallel()
	media := map[string]string{
		"app.js": "text/javascript; charset=utf-8", "style.css": "text/css; charset=utf-8", "favicon.svg": "image/svg+xml",
	}
	for name, want := range media {
		disk, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		plain := get(t, "GET", assets(t).URL(name))
		if got := body(t, plain.Body); !bytes.Equal(got, disk) {
			t.Errorf("%s: served %d bytes, on disk %d", name, len(got), len(disk))
		}
		zipped := get(t, "GET", assets(t).URL(name), "Accept-Encoding", "br, gzip;q=0.5")
		if zipped.Header.Get("Content-Encoding") != "gzip" {
			t.Fatalf("%s: not zipped although asked", name)
		}
		r, err := gzip.NewReader(zipped.Body)
		if err != nil {
			t.Fatal(err)
		}
		if got := body(t, r); !bytes.Equal(got, disk) {
			t.Errorf("%s: unzipped bytes differ", name)
		}
		if got := plain.Header.Get("Content-Type"); got != want {
			t.Errorf("%s: Content-Type %q, want %q", name, got, want)
		}
		if got := plain.Header.Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s: X-Content-Type-Options %q, want nosniff", name, got)
		}
	}
}

func TestCaching(t *testing.T) {
	t.Parallel()
	address := assets(t).URL("app.js")
	first := get(t, "GET", address)
	etag := first.Header.Get("ETag")
	cases := []struct {
		name, method, address string
		headers               []string
		status                int
		cache                 string
		empty                 bool
	}{
		{"own address", "GET", address, nil, 200, "public, max-age=31536000, immutable", false},
		{"older hash", "GET", "/static/app-000000000000.js", nil, 200, "no-cache", false},
		{"without hash", "GET", "/static/app.js", nil, 200, "no-cache", false},
		{"known bytes", "GET", address, []string{"If-None-Match", etag}, 304, "public, max-age=31536000, immutable", true},
		{"other bytes", "GET", address, []string{"If-None-Match", `"else"`}, 200, "public, max-age=31536000, immutable", false},
		{"head", "HEAD", address, nil, 200, "public, max-age=31536000, immutable", true},
		{"without the folder", "GET", strings.TrimPrefix(address, "/static"), nil, 200, "public, max-age=31536000, immutable", false},
		{"post", "POST", address, nil, 405, "", false},
		{"outside", "GET", "/static/../static.go", nil, 404, "", false},
		{"elsewhere", "GET", "/coes", nil, 404, "", false},
		{"gzip refused", "GET", address, []string{"Accept-Encoding", "gzip;q=0"}, 200, "public, max-age=31536000, immutable", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			res := get(t, c.method, c.address, c.headers...)
			if res.StatusCode != c.status {
				t.Fatalf("status %d, want %d", res.StatusCode, c.status)
			}
			if got := res.Header.Get("Cache-Control"); got != c.cache {
				t.Errorf("Cache-Control %q, want %q", got, c.cache)
			}
			if got := body(t, res.Body); (len(got) == 0) != c.empty {
				t.Errorf("%d bytes of body, want none: %v", len(got), c.empty)
			}
			if res.Header.Get("Content-Encoding") != "" {
				t.Error("zipped although not asked")
			}
		})
	}
}

// The issue allows 30 KB of zipped script and the design one small style sheet.
func TestPageWeight(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]int{"app.js": 30_000, "style.css": 10_000} {
		res := get(t, "GET", assets(t).URL(name), "Accept-Encoding", "gzip")
		if n := len(body(t, res.Body)); n > limit {
			t.Errorf("%s is %d bytes zipped, the limit is %d", name, n, limit)
		}
	}
}

// The pages' Content-Security-Policy allows neither evaluated code nor foreign addresses.
func TestStyleSheetLoadsNothing(t *testing.T) {
	t.Parallel()
	css, err := os.ReadFile("style.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"@import", "url(h", "url(/", "url(\"", "@font-face"} {
		if strings.Contains(string(css), word) {
			t.Errorf("style.css contains %q", word)
		}
	}
}
