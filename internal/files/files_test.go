package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"coetracker/internal/fault"
)

// abc is the SHA-256 of "abc", as published with the algorithm.
const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

func newDir(t *testing.T, maxSize int64) *Dir {
	t.Helper()
	d, err := NewDir(filepath.Join(t.TempDir(), "files"), maxSize)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func mustPut(t *testing.T, s Store, content string) Ref {
	t.Helper()
	ref, err := s.Put(context.Background(), strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// leftOver counts half-written files.
func leftOver(t *testing.T, d *Dir) int {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(d.root, temporary))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestDir_PutGetDelete(t *testing.T) {
	t.Parallel()
	ctx, d := context.Background(), newDir(t, 0)
	ref := mustPut(t, d, "abc")
	if ref != (Ref{abc, 3}) {
		t.Errorf("ref %+v", ref)
	}
	if again := mustPut(t, d, "abc"); again != ref {
		t.Errorf("the same bytes again: %+v", again)
	}
	f, err := d.Get(ctx, abc)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(f)
	if err != nil || string(got) != "abc" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if has, err := d.Has(ctx, abc); err != nil || !has {
		t.Errorf("Has: %v, %v", has, err)
	}
	for range 2 { // the second time there is nothing to delete
		if err := d.Delete(ctx, abc); err != nil {
			t.Error(err)
		}
	}
	if has, err := d.Has(ctx, abc); err != nil || has {
		t.Errorf("Has afterwards: %v, %v", has, err)
	}
	if _, err := d.Get(ctx, abc); !fault.Is(err, fault.NotFound) {
		t.Errorf("Get afterwards: %v", err)
	}
	if n := leftOver(t, d); n != 0 {
		t.Errorf("%d half-written files are left", n)
	}
}

func TestDir_EmptyFile(t *testing.T) {
	t.Parallel()
	d := newDir(t, 0)
	f, err := d.Get(context.Background(), mustPut(t, d, "").SHA256)
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
}

func TestDir_RefusesNamesThatAreNoHash(t *testing.T) {
	t.Parallel()
	ctx, d := context.Background(), newDir(t, 0)
	outside := filepath.Join(filepath.Dir(d.root), "secret")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "..", "../secret", strings.ToUpper(abc), abc[:63], abc + "0", "../" + abc[3:], strings.Repeat("/", 64), strings.Repeat("é", 32)} {
		if _, err := d.Get(ctx, name); !fault.Is(err, fault.NotFound) {
			t.Errorf("Get(%q): %v", name, err)
		}
		if has, err := d.Has(ctx, name); has || err != nil {
			t.Errorf("Has(%q): %v, %v", name, has, err)
		}
		if err := d.Delete(ctx, name); err != nil {
			t.Errorf("Delete(%q): %v", name, err)
		}
	}
	if _, err := os.Stat(outside); err != nil {
		t.Errorf("the file outside is gone: %v", err)
	}
}

func TestDir_DamagedFileIsNotGivenOut(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]string{"one bit": "abb", "shorter": "ab", "longer": "abcd", "empty": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, d := context.Background(), newDir(t, 0)
			mustPut(t, d, "abc")
			if err := os.WriteFile(d.path(abc), []byte(damage), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := d.Get(ctx, abc)
			if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), abc) {
				t.Fatalf("Get: %v", err)
			}
			mustPut(t, d, "abc") // the same bytes again heal it
			f, err := d.Get(ctx, abc)
			if err != nil {
				t.Fatalf("Get after the same bytes again: %v", err)
			}
			_ = f.Close()
		})
	}
}

func TestDir_SizeLimit(t *testing.T) {
	t.Parallel()
	d := newDir(t, 10)
	mustPut(t, d, strings.Repeat("x", 10))
	endless := &counter{}
	_, err := d.Put(context.Background(), endless)
	e, ok := fault.Of(err)
	if !ok || e.Kind != fault.Invalid || e.Field != "file" || !strings.Contains(e.Text, "10 bytes") {
		t.Errorf("error %v", err)
	}
	if endless.read > 1<<20 {
		t.Errorf("%d bytes were read of a file that is too large", endless.read)
	}
	if n := leftOver(t, d); n != 0 {
		t.Errorf("%d half-written files are left", n)
	}
}

// counter is a reader without an end.
type counter struct{ read int }

func (c *counter) Read(p []byte) (int, error) { c.read += len(p); return len(p), nil }

func TestDir_BrokenReaderKeepsNothing(t *testing.T) {
	t.Parallel()
	d, broken := newDir(t, 0), errors.New("the line broke")
	if _, err := d.Put(context.Background(), io.MultiReader(strings.NewReader("ab"), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := d.Put(ctx, strings.NewReader("abc")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if n := leftOver(t, d); n != 0 {
		t.Errorf("%d half-written files are left", n)
	}
	if has, _ := d.Has(context.Background(), abc); has {
		t.Error("the file of a caller who gave up is kept")
	}
}

func TestDir_SameBytesAtOnce(t *testing.T) {
	t.Parallel()
	ctx, d := context.Background(), newDir(t, 0)
	content := bytes.Repeat([]byte("0123456789abcdef"), 4096)
	refs := make([]Ref, 16)
	errs := make([]error, len(refs))
	var all sync.WaitGroup
	for i := range refs {
		all.Go(func() {
			refs[i], errs[i] = d.Put(ctx, bytes.NewReader(content))
			if errs[i] != nil {
				return
			}
			f, err := d.Get(ctx, refs[i].SHA256) // whole, whoever else writes it
			if err != nil {
				errs[i] = err
				return
			}
			errs[i] = f.Close()
		})
	}
	all.Wait()
	for i := range refs {
		if errs[i] != nil || refs[i] != refs[0] {
			t.Errorf("%d: %+v, %v", i, refs[i], errs[i])
		}
	}
	entries, err := os.ReadDir(filepath.Dir(d.path(refs[0].SHA256)))
	if err != nil || len(entries) != 1 {
		t.Errorf("%d files, %v", len(entries), err)
	}
	if n := leftOver(t, d); n != 0 {
		t.Errorf("%d half-written files are left", n)
	}
}

func TestDir_Sweep(t *testing.T) {
	t.Parallel()
	ctx, d := context.Background(), newDir(t, 0)
	mustPut(t, d, "abc")
	old := time.Date(2021, 3, 9, 12, 0, 0, 0, time.UTC)
	for i, at := range []time.Time{old, old, old.Add(48 * time.Hour)} {
		path := filepath.Join(d.root, temporary, fmt.Sprintf("put-%d", i))
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := d.Sweep(ctx, old.Add(24*time.Hour)); n != 2 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
	if n := leftOver(t, d); n != 1 {
		t.Errorf("%d are left, want the one being written", n)
	}
	if has, _ := d.Has(ctx, abc); !has {
		t.Error("a kept file was swept")
	}
}

func TestSniffType(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, head, want string
		inline           bool
	}{
		{"png", "\x89PNG\r\n\x1a\n\x00", "image/png", true},
		{"jpeg", "\xff\xd8\xff\xe0", "image/jpeg", true},
		{"gif", "GIF89a", "image/gif", true},
		{"webp", "RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp", true},
		{"svg", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">`, "text/plain; charset=utf-8", false},
		{"svg as XML", `<?xml version="1.0"?><svg onload="alert(1)"/>`, "text/xml; charset=utf-8", false},
		{"html", "  <!DOCTYPE html><script>", "text/html; charset=utf-8", false},
		{"bitmap", "BM\x00", "image/bmp", false},
		{"pdf", "%PDF-1.7", "application/pdf", false},
		{"text", "hello", "text/plain; charset=utf-8", false},
		{"nothing", "", "text/plain; charset=utf-8", false},
		{"noise", "\x00\x01\x02", "application/octet-stream", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := strings.NewReader(tt.head + strings.Repeat(" ", 600))
			got, err := SniffReader(r)
			if err != nil || r.Len() != len(tt.head)+600 {
				t.Errorf("%v, %d bytes left to read", err, r.Len())
			}
			if tt.name != "nothing" && got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if got := SniffType([]byte(tt.head)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if Inline(got) != tt.inline {
				t.Errorf("inline %v", Inline(got))
			}
		})
	}
	for _, kind := range []string{"image/svg+xml", "text/html", "image/svg+xml; charset=utf-8", "", "image/", "IMAGE/SVG+XML"} {
		if Inline(kind) {
			t.Errorf("%q is inline", kind)
		}
	}
}
