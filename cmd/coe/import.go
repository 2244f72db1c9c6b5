package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"coetracker/coe"
	"coetracker/coe/importer"
	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/timeline"
)

// importing is what import was asked for.
type importing struct {
	*app
	zone, as, team string
	dryRun, json   bool
	code           int // the worst that happened
}

func (a *app) importCommand() *cobra.Command {
	i := &importing{app: a}
	cmd := &cobra.Command{
		Use:   "import FILE|DIR…",
		Short: "Takes in COEs that `coe export` wrote, and reviews that people wrote elsewhere",
		Args:  args(cobra.MinimumNArgs(1)),
		RunE:  i.run,
	}
	f := cmd.Flags()
	f.StringVar(&i.zone, "zone", "", "zone of texts that name none, such as Europe/Berlin")
	f.StringVar(&i.as, "as", "", "act as this person, who owns what is imported")
	f.StringVar(&i.team, "team", "", "team of imported reviews")
	f.BoolVar(&i.dryRun, "dry-run", false, "say what would be read; opens no database")
	f.BoolVar(&i.json, "json", false, "print one JSON object a file")
	return cmd
}

// source is one file to import.
type source struct {
	name   string
	bytes  []byte
	ours   bool
	review importer.Review
	file   *coe.File // only of ours
	err    error
}

func (i *importing) run(cmd *cobra.Command, given []string) error {
	if i.zone != "" {
		if _, _, err := timeline.LoadZone(i.zone); err != nil {
			return usagef("--zone: %s", sentence(err))
		}
	}
	var list []source
	for _, name := range expandFiles(given, reviewEndings) {
		list = append(list, i.read(name))
	}
	if i.dryRun {
		for _, s := range list {
			i.show(s)
		}
	} else if err := i.with(cmd, func(ctx context.Context, st *stores) error { return i.store(ctx, st, list) }); err != nil {
		return err
	}
	if i.code != exitDone {
		return &answer{code: i.code}
	}
	return nil
}

// reviewEndings are the files of a folder that may be reviews.
var reviewEndings = []string{".md", ".markdown", ".txt"}

// expandFiles lists the files, those of a folder by name and ending. What cannot
// be looked at stays in the list, to be reported in its place.
func expandFiles(given, endings []string) []string {
	var out []string
	for _, name := range given {
		if info, err := os.Stat(name); err != nil || !info.IsDir() {
			out = append(out, name)
			continue
		}
		err := filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				out = append(out, path)
				if d != nil && d.IsDir() {
					return fs.SkipDir
				}
			case d.IsDir() && path != name && strings.HasPrefix(d.Name(), "."):
				return fs.SkipDir
			case d.Type().IsRegular() && slices.Contains(endings, strings.ToLower(filepath.Ext(path))):
				out = append(out, path)
			}
			return nil
		})
		if err != nil {
			out = append(out, name)
		}
	}
	return out
}

// read takes one file apart.
func (i *importing) read(name string) source {
	s := source{name: name}
	if s.bytes, s.err = os.ReadFile(name); s.err != nil {
		return s
	}
	if s.ours = coe.IsFile(s.bytes); !s.ours {
		o := importer.Options{Zone: i.zone, DefaultZone: i.cfg.Timezone, FileName: filepath.Base(name)}
		s.review, s.err = importer.Parse(s.bytes, o)
		return s
	}
	if s.file, s.err = coe.Read(s.bytes); s.err == nil {
		s.review = s.file.Review()
	}
	return s
}

// show prints what was read of a file.
func (i *importing) show(s source) {
	if s.err != nil {
		i.failed(s.name, exitFail, s.err)
		return
	}
	r := s.review
	if i.json {
		b, err := r.JSON(s.name)
		if err != nil {
			i.failed(s.name, exitFail, err)
			return
		}
		fmt.Fprintf(i.stdout, "%s\n", b)
		return
	}
	fmt.Fprintf(i.stdout, "%s: %q, %d events, %d actions, %d sections, zone %s\n", s.name, r.Title, len(r.Events), len(r.Actions), len(r.Sections), r.Zone)
	for _, w := range r.Warnings {
		fmt.Fprintf(i.stdout, "%s:%d: %s\n", s.name, w.Line, w.Message)
	}
	for _, u := range r.Unplaced {
		fmt.Fprintf(i.stdout, "%s:%d: no place was found for: %s\n", s.name, u.Line, u.Text)
	}
}

// failed reports a file that could not be taken in and notes the exit code.
func (i *importing) failed(name string, code int, err error) {
	i.code = max(i.code, code)
	if i.json {
		i.line(struct {
			File  string `json:"file"`
			Error string `json:"error"`
		}{name, sentence(err)})
		return
	}
	fmt.Fprintf(i.stderr, "coe: %s: %s\n", name, sentence(err))
}

func (i *importing) line(v any) {
	enc := json.NewEncoder(i.stdout)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
}

// store imports the files one after the other; one that fails does not stop
// the others.
func (i *importing) store(ctx context.Context, st *stores, list []source) error {
	p, err := st.as(ctx, i.as)
	if err != nil {
		return err
	}
	o := coe.ImportReviewOptions{}
	if slices.ContainsFunc(list, func(s source) bool { return s.err == nil && !s.ours }) {
		if o, err = i.foreign(ctx, st); err != nil {
			return err
		}
	}
	for _, s := range list {
		if s.err != nil {
			i.failed(s.name, exitFail, s.err)
			continue
		}
		if s.ours {
			i.ours(ctx, st, p, s)
			continue
		}
		o.FileName = filepath.Base(s.name)
		c, unchanged, err := st.COEs.ImportReview(ctx, p, s.review, s.bytes, o)
		i.done(s.name, c, unchanged, err)
	}
	return nil
}

// foreign finds owner and team of imported reviews.
func (i *importing) foreign(ctx context.Context, st *stores) (o coe.ImportReviewOptions, err error) {
	if i.team != "" {
		t, err := st.People.TeamByName(ctx, i.team)
		if err != nil {
			return o, err
		}
		o.TeamID = &t.ID
	}
	if i.as != "" {
		return o, nil
	}
	admins, err := st.People.List(ctx, people.Filter{Role: people.Admin, Limit: 2})
	if err != nil {
		return o, err
	}
	if len(admins) != 1 {
		return o, usagef("a review needs an owner; name one with --as")
	}
	o.OwnerID = admins[0].ID
	return o, nil
}

// ours imports a file of our own format. Only the operator keeps its state.
func (i *importing) ours(ctx context.Context, st *stores, p *people.Principal, s source) {
	c, out, err := st.COEs.ImportFile(ctx, p, s.bytes, coe.ImportOptions{KeepState: p.IsOperator()})
	i.done(s.name, c, out.Unchanged, err)
	if err != nil {
		return
	}
	if out.NumberChanged {
		fmt.Fprintf(i.stderr, "%s: COE-%d is taken here, so it became %s\n", s.name, s.file.Document.COE.Number, c.Name())
	}
	for _, made := range []struct {
		what string
		list []string
	}{{"people who may not sign in yet", out.People}, {"teams", out.Teams}, {"services", out.Services}} {
		if len(made.list) > 0 {
			fmt.Fprintf(i.stderr, "%s: new %s: %s\n", s.name, made.what, strings.Join(made.list, ", "))
		}
	}
}

// done reports what became of a file.
func (i *importing) done(name string, c coe.COE, unchanged bool, err error) {
	switch {
	case err != nil:
		i.failed(name, codeOf(err), err)
	case i.json:
		i.line(map[string]any{"file": name, "coe": c.Name(), "unchanged": unchanged})
	case unchanged:
		fmt.Fprintf(i.stdout, "%s → unchanged\n", name)
	default:
		fmt.Fprintf(i.stdout, "%s → %s\n", name, c.Name())
	}
}

// codeOf tells a refusal, which is an answer, from a failure.
func codeOf(err error) int {
	var f *fault.Error
	if errors.As(err, &f) && f.Kind != fault.Unavailable {
		return exitNo
	}
	return exitFail
}
