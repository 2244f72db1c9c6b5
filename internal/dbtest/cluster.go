package dbtest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// Cluster is a PostgreSQL server in a temporary folder, thrown away when
// stopped. It runs as an unprivileged user, also for root.
type Cluster struct {
	URL    string // postgres://… of its database "postgres"
	dir    string
	server *os.Process
	ended  chan struct{}
}

// folderPrefix is short because a socket's path may have 107 bytes only.
const folderPrefix = "coepg"

// StartCluster makes and starts a cluster and returns when it answers. With
// fsync it is durable as in production; without, faster.
func StartCluster(fsync bool) (*Cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	who, err := unprivileged()
	if err != nil {
		return nil, err
	}
	sweep()
	c := &Cluster{ended: make(chan struct{})}
	if c.dir, err = folder(who); err != nil {
		return nil, err
	}
	if err := initCluster(bin, c.dir, who); err != nil {
		os.RemoveAll(c.dir)
		return nil, err
	}
	if err := c.start(bin, who, fsync); err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

// binaries finds the folder of the server's programs. The distribution's own
// folder goes first: what is on the PATH may be a wrapper.
func binaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	best, bestVersion := "", -1
	for _, f := range found {
		v, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(f))))
		if v > bestVersion {
			best, bestVersion = filepath.Dir(f), v
		}
	}
	if best != "" {
		return best, nil
	}
	f, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("no PostgreSQL server is installed (initdb is missing)")
	}
	if f, err = filepath.EvalSymlinks(f); err != nil {
		return "", err
	}
	return filepath.Dir(f), nil
}

// unprivileged gives the user to run the server as; nil means as we are.
func unprivileged() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

// folder makes the cluster's folder; its name ends in our process id, so that
// sweep can tell whose it is.
func folder(who *syscall.Credential) (string, error) {
	dir, err := os.MkdirTemp("", folderPrefix+"*-"+strconv.Itoa(os.Getpid()))
	if err != nil || who == nil {
		return dir, err
	}
	if err := os.Chown(dir, int(who.Uid), int(who.Gid)); err != nil {
		os.RemoveAll(dir)
		return "", err
	}
	return dir, nil
}

// sweep removes the folders of processes that were killed before they could.
func sweep() {
	found, _ := filepath.Glob(filepath.Join(os.TempDir(), folderPrefix+"*-*"))
	for _, dir := range found {
		_, tail, _ := bytes.Cut([]byte(filepath.Base(dir)), []byte("-"))
		pid, err := strconv.Atoi(string(tail))
		if err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			os.RemoveAll(dir)
		}
	}
}

func initCluster(bin, dir string, who *syscall.Credential) error {
	cmd := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"),
		"-U", "coe", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

// start runs the server and waits until it answers.
func (c *Cluster) start(bin string, who *syscall.Credential, fsync bool) error {
	logFile, err := os.Create(filepath.Join(c.dir, "log"))
	if err != nil {
		return err
	}
	defer logFile.Close()
	args := []string{
		"-D", filepath.Join(c.dir, "data"), "-k", c.dir, "-c", "listen_addresses=",
		"-c", "max_connections=200", "-c", "shared_buffers=64MB",
	}
	if !fsync {
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	cmd := exec.Command(filepath.Join(bin, "postgres"), args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.dir, logFile, logFile
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential: who,
		Setpgid:    true,           // a Ctrl-C at the terminal is for us; Stop ends the server
		Pdeathsig:  syscall.SIGINT, // PostgreSQL's fast shutdown
	}
	if err := c.run(cmd); err != nil {
		return err
	}
	c.URL = (&url.URL{
		Scheme: "postgres", User: url.User("coe"), Path: "/postgres",
		RawQuery: url.Values{"host": {c.dir}, "sslmode": {"disable"}}.Encode(),
	}).String()
	return c.await()
}

// run starts the server on a thread that lives as long as it: the system sends
// Pdeathsig when the starting thread ends, not the process.
func (c *Cluster) run(cmd *exec.Cmd) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer close(c.ended)
		err := cmd.Start()
		c.server = cmd.Process
		started <- err
		if err == nil {
			cmd.Wait()
		}
	}()
	return <-started
}

// await returns once the server takes connections.
func (c *Cluster) await() error {
	limit := time.After(60 * time.Second)
	socket := filepath.Join(c.dir, ".s.PGSQL.5432")
	for {
		if conn, err := net.Dial("unix", socket); err == nil {
			conn.Close()
			if pool, err := adminPool(c.URL); err == nil {
				err = pool.Ping()
				pool.Close()
				if err == nil {
					return nil
				}
			}
		}
		select {
		case <-c.ended:
			text, _ := os.ReadFile(filepath.Join(c.dir, "log"))
			return fmt.Errorf("postgres ended at once: %s", text)
		case <-limit:
			return errors.New("postgres did not answer within 60 s")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Stop ends the server and removes its folder. It may be called again.
func (c *Cluster) Stop() {
	if c.server != nil {
		c.server.Signal(syscall.SIGINT)
		select {
		case <-c.ended:
		case <-time.After(20 * time.Second):
			c.server.Kill()
			<-c.ended
		}
	}
	os.RemoveAll(c.dir)
}
