// Command pgcluster runs another command beside a throw-away PostgreSQL
// cluster, so that the tests of many packages share one:
//
//	go run ./internal/dbtest/pgcluster -- go test ./...
//
// The command finds the cluster's address in COE_TEST_POSTGRES. Its exit code
// is ours, except that 0 becomes 1 when no test ran on PostgreSQL.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"coetracker/internal/dbtest"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("pgcluster", flag.ContinueOnError)
	flags.SetOutput(stderr)
	fsync := flags.Bool("fsync", false, "write durably, as in production")
	idle := flags.Bool("no-count", false, "do not ask that any test runs on PostgreSQL")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() == 0 {
		fmt.Fprintln(stderr, "pgcluster: name the command to run after --")
		return 2
	}
	cluster, err := dbtest.StartCluster(*fsync)
	if err != nil {
		fmt.Fprintln(stderr, "pgcluster:", err)
		return 3
	}
	defer cluster.Stop()
	dir, err := os.MkdirTemp("", "coeledger")
	if err != nil {
		fmt.Fprintln(stderr, "pgcluster:", err)
		return 3
	}
	defer os.RemoveAll(dir)
	ledger := filepath.Join(dir, "ledger")
	code := command(flags.Args(), cluster.URL, ledger, stdout, stderr)
	if *idle {
		return code
	}
	return settle(code, ledger, stdout)
}

// command runs the tests with the cluster's address in their environment. A
// signal is left to the command, which shares our terminal; we stay to clean
// up.
func command(args []string, address, ledger string, stdout, stderr io.Writer) int {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, stdout, stderr
	cmd.Env = append(os.Environ(), "COE_TEST_POSTGRES="+address,
		"COE_TEST_POSTGRES_REQUIRED=1", "COE_TEST_PG_LEDGER="+ledger)
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(stderr, "pgcluster:", err)
		return 3
	}
	go func() {
		for s := range signals {
			if s == syscall.SIGTERM {
				cmd.Process.Signal(s)
			}
		}
	}()
	err := cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return max(exit.ExitCode(), 1)
	}
	if err != nil {
		fmt.Fprintln(stderr, "pgcluster:", err)
		return 3
	}
	return 0
}

// settle counts the tests that ran on PostgreSQL and makes none a failure.
func settle(code int, ledger string, stdout io.Writer) int {
	text, _ := os.ReadFile(ledger) // missing means none
	n := bytes.Count(text, []byte("\n"))
	fmt.Fprintf(stdout, "pgcluster: %d tests ran on PostgreSQL\n", n)
	if n == 0 && code == 0 {
		return 1
	}
	return code
}
