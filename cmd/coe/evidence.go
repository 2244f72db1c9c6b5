package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"coetracker/evidence"
	"coetracker/internal/fault"
)

// maxEvidence bounds one file; more is not read into memory.
const maxEvidence = 25 << 20

// evidenceEndings are the files that are looked at in a folder. A file that is
// named by itself is read whatever it is called.
var evidenceEndings = []string{".json", ".jsonl", ".ndjson", ".yaml", ".yml", ".csv", ".tsv", ".txt"}

func (a *app) evidenceCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "evidence", Short: "Takes in what tools say: experiments, deployments, alarms, metrics",
		Args: args(noSuchCommand),
		RunE: func(*cobra.Command, []string) error {
			return usagef("say `coe evidence add` or `coe evidence replay`")
		},
	}
	cmd.AddCommand(a.evidenceAddCommand(), a.evidenceReplayCommand())
	return cmd
}

// adding is what `coe evidence add` was asked for.
type adding struct {
	*app
	tool, as     string
	dryRun, json bool
	code         int // the worst that happened
}

func (a *app) evidenceAddCommand() *cobra.Command {
	e := &adding{app: a}
	cmd := &cobra.Command{
		Use:   "add FILE|DIR…",
		Short: "Reads messages and answers of tools from files and finds out which tool wrote them",
		Args:  args(cobra.MinimumNArgs(1)),
		RunE:  e.run,
	}
	f := cmd.Flags()
	f.StringVar(&e.tool, "source", "", "the tool that wrote it, instead of finding out: "+strings.Join(evidence.Tools(), ", "))
	f.StringVar(&e.as, "as", "", "act as this person")
	f.BoolVar(&e.dryRun, "dry-run", false, "say what is read; opens no database")
	f.BoolVar(&e.json, "json", false, "print one JSON object a file")
	return cmd
}

func (e *adding) run(cmd *cobra.Command, given []string) error {
	if e.tool != "" && !slices.Contains(evidence.Tools(), e.tool) {
		return usagef("--source %q is not a tool that is known; name one of %s", e.tool, strings.Join(evidence.Tools(), ", "))
	}
	files := expandFiles(given, evidenceEndings)
	if e.dryRun {
		for _, name := range files {
			e.show(name)
		}
	} else if err := e.with(cmd, func(ctx context.Context, st *stores) error { return e.add(ctx, st, files) }); err != nil {
		return err
	}
	if e.code != exitDone {
		return &answer{code: e.code}
	}
	return nil
}

// show says what a file holds.
func (e *adding) show(name string) {
	body, err := readEvidence(name)
	if err != nil {
		e.failed(name, exitFail, err)
		return
	}
	p, err := evidence.Parse(evidence.Input{Name: filepath.Base(name), Body: body, Tool: e.tool})
	if err != nil {
		e.failed(name, exitFail, err)
		return
	}
	e.tell(name, p, "")
}

// add takes the files in one after the other; one that fails does not stop the
// others.
func (e *adding) add(ctx context.Context, st *stores, files []string) error {
	p, err := st.as(ctx, e.as)
	if err != nil {
		return err
	}
	for _, name := range files {
		body, err := readEvidence(name)
		if err != nil {
			e.failed(name, exitFail, err)
			continue
		}
		receipt, parsed, err := st.Evidence.AddFile(ctx, p, filepath.Base(name), e.tool, body)
		switch {
		case err != nil:
			e.failed(name, evidenceCode(err), err)
		case receipt.Repeat:
			e.tell(name, parsed, "was here already")
		default:
			e.tell(name, parsed, "added")
		}
	}
	return nil
}

// evidenceCode tells a file that cannot be read from a refusal.
func evidenceCode(err error) int {
	if f, ok := fault.Of(err); ok && (f.Kind == fault.Forbidden || f.Kind == fault.NotFound || f.Kind == fault.Conflict) {
		return exitNo
	}
	return exitFail
}

// readEvidence reads a file of bounded size.
func readEvidence(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errors.New("it is a folder that cannot be looked into")
	}
	body, err := io.ReadAll(io.LimitReader(f, maxEvidence+1))
	if err == nil && len(body) > maxEvidence {
		err = fmt.Errorf("the file has more than %d MB; cut it into pieces", maxEvidence>>20)
	}
	return body, err
}

// failed reports a file that could not be taken in and notes the exit code.
func (e *adding) failed(name string, code int, err error) {
	e.code = max(e.code, code)
	if !e.json {
		fmt.Fprintf(e.stderr, "coe: %s: %s\n", printable(name), printable(sentence(err)))
		return
	}
	enc := json.NewEncoder(e.stdout)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(struct {
		File  string `json:"file"`
		Error string `json:"error"`
	}{name, sentence(err)})
}

// tell prints what a file says; done says what became of it, "" in a dry run.
func (e *adding) tell(name string, p evidence.Parsed, done string) {
	if e.json {
		line, err := p.JSON(name)
		if err != nil {
			e.failed(name, exitFail, err)
			return
		}
		fmt.Fprintf(e.stdout, "%s\n", line)
		return
	}
	if done != "" {
		done = ", " + done
	}
	fmt.Fprintf(e.stdout, "%s: %s%s\n", printable(name), p.Source, done)
	w := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
	for _, r := range p.Records {
		fmt.Fprintf(w, "  %s\n", strings.Join(evidenceRow(r), "\t"))
	}
	_ = w.Flush()
	for _, s := range p.Warnings {
		fmt.Fprintf(e.stdout, "  %s\n", printable(s))
	}
}

// evidenceRow is a record in a table for people.
func evidenceRow(r evidence.Record) []string {
	what := r.Title
	if what == "" {
		what = r.ExternalID
	}
	row := []string{string(r.Type), short(what, 60), r.Service, r.State, string(r.Outcome), minute(r.StartedAt), minute(r.EndedAt)}
	if r.DryRun {
		row = append(row, "dry run")
	}
	for i := range row {
		if row[i] = printable(row[i]); row[i] == "" {
			row[i] = "-"
		}
	}
	return row
}

func minute(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

func short(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// printable keeps foreign text from steering the terminal and the table.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if c == '\n' || c == '\t' {
			return ' '
		}
		if !unicode.IsPrint(c) {
			return -1
		}
		return c
	}, s)
}

func (a *app) evidenceReplayCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "replay",
		Short: "Reads everything that came in again, after a better parser has come",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd, func(ctx context.Context, st *stores) error { return a.replay(ctx, st, name) })
		},
	}
	cmd.Flags().StringVar(&name, "source", "", "only what came from the source of this name")
	return cmd
}

func (a *app) replay(ctx context.Context, st *stores, name string) error {
	p, err := st.as(ctx, "")
	if err != nil {
		return err
	}
	var source int64
	if name != "" {
		list, err := st.Evidence.Sources(ctx, p)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(s evidence.Source) bool { return strings.EqualFold(s.Name, name) })
		if i < 0 {
			return fault.NotFoundf("There is no source named %q.", name)
		}
		source = list[i].ID
	}
	n, err := st.Evidence.Replay(ctx, p, source)
	if err != nil {
		return err
	}
	if err := st.Evidence.ProjectReceived(ctx); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%d deliveries were read again\n", n)
	return nil
}
