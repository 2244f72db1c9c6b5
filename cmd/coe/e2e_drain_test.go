package main_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// slowForm is a request whose body is held back: the server has taken it and
// waits for the rest.
type slowForm struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
	body string
}

// slow sends the head of a form and returns when the server asks for its body.
func (b *browser) slow(at, body string) *slowForm {
	b.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(b.base, "http://"))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(guard))
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: coe\r\nCookie: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", at, b.cookie, len(body))
	s := &slowForm{b.t, conn, bufio.NewReader(conn), body}
	line, err := s.r.ReadString('\n')
	if err != nil || !strings.Contains(line, "100 Continue") {
		b.t.Fatalf("the server asks for no body: %q, %v", line, err)
	}
	_, _ = s.r.ReadString('\n')
	return s
}

// finish sends the body and gives the status.
func (s *slowForm) finish() (int, error) {
	if _, err := io.WriteString(s.conn, s.body); err != nil {
		return 0, err
	}
	resp, err := http.ReadResponse(s.r, nil)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.ReadAll(resp.Body)
	return resp.StatusCode, err
}

// crowd asks for pages until nobody answers, each over a connection of its own.
type crowd struct {
	whole, cut atomic.Int64
	wg         sync.WaitGroup
	failed     sync.Map
}

// join starts n people.
func (c *crowd) join(n int, b *browser) {
	for i := range n {
		c.wg.Go(func() { c.ask(b, i) })
	}
}

func (c *crowd) ask(b *browser, i int) {
	client := &http.Client{Timeout: guard, Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		begun := false
		ctx := httptrace.WithClientTrace(b.t.Context(), &httptrace.ClientTrace{GotFirstResponseByte: func() { begun = true }})
		req, err := http.NewRequestWithContext(ctx, "GET", b.base+[]string{"/coes", "/me/actions", "/livez"}[i%3], nil)
		if err != nil {
			return
		}
		req.Header.Set("Cookie", b.cookie)
		resp, err := client.Do(req)
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		switch {
		case err == nil && resp.StatusCode == 200:
			c.whole.Add(1)
			continue
		case err == nil:
			c.failed.Store(resp.Status, true)
			c.cut.Add(1)
		case begun, errors.Is(err, io.ErrUnexpectedEOF):
			c.failed.Store(err.Error(), true)
			c.cut.Add(1)
		}
		return // nobody took the request any more
	}
}

// On SIGTERM everything that was taken is finished, nothing new is taken, and
// the process ends well.
func TestDrain(t *testing.T) {
	p := newProgram(t)
	p.want(0, "migrate", "up")
	p.want(0, "user", "add", "root@example.org", "--role", "admin")
	rounds, whole, saved := size(2, 20), int64(0), 0
	for round := range rounds {
		server := p.serve("--log", "error")
		b := p.signIn("root@example.org")
		var c crowd
		c.join(6, b)
		var held []*slowForm
		for i := range 4 {
			name := fmt.Sprintf("team-%d-%d", round, i)
			held = append(held, b.slow("/teams", form("name", name, "days", "mon-fri").Encode()))
		}
		until(t, "the crowd is served", func() bool { return c.whole.Load() >= 60 })
		began := time.Now()
		server.signal(syscall.SIGTERM)
		until(t, "no new requests are taken", func() bool { return refused(p.url()) })
		if !server.alive() {
			t.Fatalf("the server ended before the requests that it had taken\n%s", server.tail())
		}
		for _, s := range held {
			if status, err := s.finish(); err != nil || status != http.StatusSeeOther {
				t.Errorf("a request under way: status %d, %v", status, err)
			} else {
				saved++
			}
		}
		if code := server.wait(); code != 0 {
			t.Errorf("exit code %d\n%s", code, server.tail())
		}
		took := seconds(began)
		c.wg.Wait()
		c.failed.Range(func(why, _ any) bool { t.Errorf("a request that was taken failed: %v", why); return true })
		whole += c.whole.Load()
		if round == rounds-1 {
			figures(t, "%d times SIGTERM: %d pages and %d held forms answered, 0 cut; the last took %s", rounds, whole, saved, took)
		}
	}
	if list := p.want(0, "team", "list"); strings.Count(list, "team-") != saved {
		t.Errorf("%d teams were saved, the list has\n%s", saved, list)
	}
}

// A request that never ends does not keep the server from ending.
func TestDrainEnds(t *testing.T) {
	if !long() {
		t.Skip("waits for the whole time of draining; COE_TEST_LONG=1")
	}
	p := newProgram(t)
	p.want(0, "migrate", "up")
	p.want(0, "user", "add", "root@example.org", "--role", "admin")
	server := p.serve("--log", "error")
	held := p.signIn("root@example.org").slow("/teams", form("name", "late").Encode())
	began := time.Now()
	server.signal(syscall.SIGTERM)
	if code := server.wait(); code != 0 {
		t.Errorf("exit code %d\n%s", code, server.tail())
	}
	figures(t, "with a request that never ends the server ended %s after SIGTERM", seconds(began))
	if status, err := held.finish(); err == nil {
		t.Errorf("the request was answered %d by nobody", status)
	}
	if list := p.want(0, "team", "list"); strings.Contains(list, "late") {
		t.Errorf("half a request was stored:\n%s", list)
	}
}
