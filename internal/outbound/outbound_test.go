package outbound

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"coetracker/internal/fault"
)

func must(t *testing.T, bases ...string) *Client {
	t.Helper()
	c, err := New(bases)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAllowedAddressIsReached(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.URL.RequestURI() + " " + r.Header.Get("X-Key")))
	}))
	defer s.Close()
	got, err := must(t, s.URL+"/prom").Get(t.Context(), s.URL+"/prom/api?q=1", map[string]string{"X-Key": "k"})
	if err != nil || got.Status != 200 || string(got.Body) != "/prom/api?q=1 k" {
		t.Errorf("got %d %q, %v", got.Status, got.Body, err)
	}
}

// The listener on loopback must not see a byte, whatever the address looks like.
func TestPrivateAddressesAreRefused(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer s.Close()
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	list := []string{
		s.URL, "https://127.0.0.1:" + port + "/", "https://127.0.0.1/", "https://localhost/", "https://LOCALHOST./", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
		"https://0.0.0.0/", "https://10.0.0.1/", "https://169.254.169.254/latest", "https://100.64.0.1/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/",
		"https://[fe80::1%25lo]/", "https://[fc00::1]/", "http://example.com/", "https://example.com:22/", "https://user@example.com/", "file:///etc/passwd", "//127.0.0.1/", "http:127.0.0.1", "data:text/html,x",
	}
	for _, address := range append(list, shared(t)...) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		_, err := must(t, "http://other.example:9090").Get(ctx, address, nil)
		cancel()
		if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v, want it refused", address, err)
		}
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("loopback was reached %d times", n)
	}
}

// shared gives the addresses of the research samples, none where they are absent.
func shared(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "samples", "attacks", "own", "ssrf-targets.json"))
	if err != nil {
		return nil
	}
	var targets struct {
		MustRefuse []string `json:"must_refuse"`
	}
	if err := json.Unmarshal(text, &targets); err != nil {
		t.Fatal(err)
	}
	return targets.MustRefuse
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64
	inner := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer inner.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, inner.URL, status) }))
		got, err := must(t, s.URL).Get(t.Context(), s.URL, nil)
		if err != nil || got.Status != status {
			t.Errorf("%d: got %d, %v", status, got.Status, err)
		}
		s.Close()
	}
	if reached.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

// A name may resolve to a public address first and to loopback when it counts.
func TestTheDialedAddressIsJudged(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"127.0.0.1:443", "[::1]:443", "10.1.2.3:443", "[::ffff:10.0.0.1]:443", "[fe80::1%lo]:443", "not-an-address"} {
		if refusePrivate("tcp", address, nil) == nil {
			t.Errorf("%s may be dialed", address)
		}
	}
	for _, address := range []string{"93.184.215.14:443", "[2606:4700::1111]:443"} {
		if err := refusePrivate("tcp", address, nil); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestTooMuchIsRefused(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		block := []byte(strings.Repeat("x", 1<<20))
		for range MaxBody>>20 + 1 {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}))
	defer s.Close()
	if _, err := must(t, s.URL).Get(t.Context(), s.URL, nil); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
}

func TestCompressedAnswersStayAsTheyAre(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.Header.Get("Accept-Encoding")))
	}))
	defer s.Close()
	if got, err := must(t, s.URL).Get(t.Context(), s.URL, nil); err != nil || string(got.Body) != "" {
		t.Errorf("asked for %q, %v", got.Body, err)
	}
}

func TestTheCallersPatienceCounts(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hold }))
	defer s.Close()
	defer close(hold)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := must(t, s.URL).Get(ctx, s.URL, nil); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
}

func TestBasesAreChecked(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"prometheus:9090", "ftp://x/", "http://u:p@x/", "http://x/?q=1", "http://x/#a", ""} {
		if _, err := New([]string{base}); err == nil {
			t.Errorf("%q is taken", base)
		}
	}
}

func TestPublic(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1": true, "127.0.0.1": false, "224.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "192.168.0.1": false, "198.18.0.1": false, "::ffff:8.8.8.8": true, "2001:db8::1": false,
	} {
		if got := Public(netip.MustParseAddr(s)); got != want {
			t.Errorf("Public(%s) = %v", s, got)
		}
	}
}
