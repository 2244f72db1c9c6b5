// Package main_test runs the built program as its users do: processes, their
// exit codes, and HTTP. Nothing of the program's inside is called but to lay
// out data that would take hundreds of forms.
//
// Environment: COE_TEST_BINARY names a program to test instead of the one that
// is built here, COE_TEST_LONG=1 asks for the full sizes.
package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"coetracker/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// guard ends what hangs. Nothing here takes a tenth of it.
const guard = 2 * time.Minute

// binary builds the program once. It stays in bin, where an unchanged one is
// not linked again.
var binary = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("COE_TEST_BINARY"); path != "" {
		return path, nil
	}
	path, err := filepath.Abs("../../bin/coe-e2e")
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", path, ".")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

func long() bool { return os.Getenv("COE_TEST_LONG") == "1" }

// size picks the short or the long size of a test.
func size(short, full int) int {
	if long() {
		return full
	}
	return short
}

// figures prints what was measured, also without -v.
func figures(t *testing.T, format string, args ...any) {
	t.Helper()
	line := "figures: " + t.Name() + ": " + fmt.Sprintf(format, args...)
	t.Log(line)
	fmt.Println(line)
}

// program is the built binary with an environment and a data folder.
type program struct {
	t    *testing.T
	data string
	env  []string
}

// newProgram has a folder that is not there yet and an address to listen on.
// Later variables win.
func newProgram(t *testing.T, env ...string) *program {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	return &program{t, data, append([]string{"COE_DATA=" + data, "COE_ADDR=" + freeAddr(t)}, env...)}
}

// with is the same program with more variables.
func (p *program) with(env ...string) *program {
	return &program{p.t, p.data, append(append([]string{}, p.env...), env...)}
}

// variable gives the value of one variable, empty when it is not set.
func (p *program) variable(name string) (value string) {
	for _, kv := range p.env {
		if k, v, _ := strings.Cut(kv, "="); k == name {
			value = v
		}
	}
	return value
}

// url is where this program listens.
func (p *program) url() string { return "http://" + p.variable("COE_ADDR") }

// freeAddr gives an address nobody listens on.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// process is one run of the program.
type process struct {
	t              *testing.T
	args           string
	cmd            *exec.Cmd
	stdout, stderr output
	ended          chan struct{}
}

// start runs the program in a process group that ends with the test, and with
// the test's process however that ends.
func (p *program) start(args ...string) *process {
	p.t.Helper()
	path, err := binary()
	if err != nil {
		p.t.Fatal(err)
	}
	r := &process{t: p.t, args: strings.Join(args, " "), ended: make(chan struct{})}
	r.cmd = exec.Command(path, args...)
	r.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.data, "TMPDIR=" + os.TempDir()}, p.env...)
	r.cmd.Stdout, r.cmd.Stderr = &r.stdout, &r.stderr
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // Pdeathsig comes when the starting thread ends
		defer close(r.ended)
		err := r.cmd.Start()
		started <- err
		if err == nil {
			_ = r.cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(r.kill)
	return r
}

// kill ends the process and its children at once, as kill -9 does.
func (r *process) kill() {
	_ = syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL)
	<-r.ended
}

func (r *process) signal(s syscall.Signal) { _ = syscall.Kill(r.cmd.Process.Pid, s) }

// wait gives the exit code.
func (r *process) wait() int {
	r.t.Helper()
	select {
	case <-r.ended:
	case <-time.After(guard):
		r.t.Fatalf("coe %s does not end\n%s", r.args, r.tail())
	}
	return r.cmd.ProcessState.ExitCode()
}

func (r *process) alive() bool {
	select {
	case <-r.ended:
		return false
	default:
		return true
	}
}

// tail is the end of what the process said, for failures.
func (r *process) tail() string {
	s := r.stdout.String() + r.stderr.String()
	return s[max(0, len(s)-3000):]
}

// output collects what a process prints while it runs.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write takes what the process printed.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

// String gives everything so far.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// run runs a command to its end.
func (p *program) run(args ...string) (code int, stdout, stderr string) {
	p.t.Helper()
	r := p.start(args...)
	code = r.wait()
	return code, r.stdout.String(), r.stderr.String()
}

// want runs a command, expects its exit code, and gives what it printed. One
// that fails says why on stderr, in a sentence without Go's own words.
func (p *program) want(code int, args ...string) string {
	p.t.Helper()
	got, stdout, stderr := p.run(args...)
	if got != code {
		p.t.Fatalf("coe %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, stdout, stderr)
	}
	if code != 0 && stderr == "" && stdout == "" {
		p.t.Errorf("coe %s: no word on what is wrong", strings.Join(args, " "))
	}
	return stdout + stderr
}

// link gives a person a new sign-in link.
func (p *program) link(email string) string {
	p.t.Helper()
	return last(p.want(0, "user", "link", email))
}

func last(s string) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

// serve starts a server and returns when it says that it is ready.
func (p *program) serve(args ...string) *process {
	p.t.Helper()
	r := p.start(append([]string{"serve"}, args...)...)
	p.await(r)
	return r
}

// await returns when the process answers that it is ready.
func (p *program) await(r *process) {
	p.t.Helper()
	limit := time.After(guard)
	for {
		if status, _ := readiness(p.url()); status == http.StatusOK {
			return
		}
		select {
		case <-r.ended:
			p.t.Fatalf("coe %s ended: exit code %d\n%s", r.args, r.cmd.ProcessState.ExitCode(), r.tail())
		case <-limit:
			p.t.Fatalf("coe %s is not ready\n%s", r.args, r.tail())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// readiness asks /readyz over a connection of its own.
func readiness(base string) (int, error) {
	c := &http.Client{Timeout: guard, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Get(base + "/readyz")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	return resp.StatusCode, nil
}

// until asks again and again until the answer is yes.
func until(t *testing.T, what string, yes func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), guard)
	defer cancel()
	for !yes() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: did not come about", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// refused reports whether nobody listens at an address.
func refused(base string) bool {
	_, err := readiness(base)
	return errors.Is(err, syscall.ECONNREFUSED)
}
