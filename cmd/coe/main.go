// Command coe is the whole program: the server and its command line.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // zones by name on machines without a zone database

	"github.com/spf13/cobra"

	"coetracker/internal/fault"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Exit codes: what a script may rely on.
const (
	exitDone  = 0
	exitNo    = 1 // the answer is no
	exitUsage = 2
	exitFail  = 3 // could not do it
)

// app is what every subcommand needs.
type app struct {
	env    environment
	cfg    config
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	wall   func() time.Time
}

// run is the program without its process: tests call it directly.
func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{env: newEnvironment(environ), stdin: stdin, stdout: stdout, stderr: stderr, wall: time.Now}
	root := a.root()
	root.SetArgs(args)
	root.SetContext(ctx)
	err := root.Execute()
	if err == nil {
		return exitDone
	}
	code := exitCode(err)
	var said *answer
	if !errors.As(err, &said) || said.err != nil {
		fmt.Fprintln(stderr, "coe: "+sentence(err))
	}
	return code
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "coe",
		Short:         "Tracks Corrections of Errors until every action is done and proven",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          args(noSuchCommand),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_ = cmd.Help()
			return usagef("say what to do, such as `coe serve`")
		},
	}
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetIn(a.stdin)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(err) })
	root.CompletionOptions.HiddenDefaultCmd = true
	a.cfg.flags(root.PersistentFlags())
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if err := a.cfg.load(a.env, cmd.Flags()); err != nil {
			return err
		}
		return a.cfg.ofServer(commandName(cmd))
	}
	for _, c := range a.commands() {
		root.AddCommand(c)
	}
	return root
}

// commandName is the first word after coe.
func commandName(cmd *cobra.Command) string {
	for cmd.HasParent() && cmd.Parent().HasParent() {
		cmd = cmd.Parent()
	}
	return cmd.Name()
}

// noSuchCommand refuses words that are no command; without a check of our own
// cobra would refuse them as if something had failed.
func noSuchCommand(cmd *cobra.Command, given []string) error {
	if len(given) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	said := fmt.Sprintf("%q is not a command", given[0])
	if near := cmd.SuggestionsFor(given[0]); len(near) > 0 {
		said += "; did you mean " + near[0] + "?"
	}
	return errors.New(said)
}

// answer carries an exit code; err is nil when everything was said already.
type answer struct {
	code int
	err  error
}

func (e *answer) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *answer) Unwrap() error { return e.err }

func usage(err error) error { return &answer{exitUsage, err} }

func usagef(format string, args ...any) error { return usage(fmt.Errorf(format, args...)) }

// no says that the answer is no, which was printed already.
func no() error { return &answer{code: exitNo} }

func exitCode(err error) int {
	var a *answer
	if errors.As(err, &a) {
		return a.code
	}
	if f, ok := fault.Of(err); ok && f.Kind != fault.Unavailable {
		return exitNo
	}
	return exitFail
}

// sentence is what a person reads of an error: the fault's own words if it has any.
func sentence(err error) string {
	if f, ok := fault.Of(err); ok {
		return f.Text
	}
	return err.Error()
}

// args wraps cobra's argument checks so that they exit with "wrong usage".
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, given []string) error {
		if err := check(cmd, given); err != nil {
			return usage(err)
		}
		return nil
	}
}
