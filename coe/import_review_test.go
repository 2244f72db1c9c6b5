package coe

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"coetracker/actions"
	"coetracker/coe/importer"
	"coetracker/internal/dbtest"
	"coetracker/internal/fault"
	"coetracker/internal/files"
	"coetracker/people"
	"coetracker/timeline"
)

const foreign = `# Checkout refused cards

Severity: SEV-2
Affected services: checkout, unknown-thing

## Summary

Between 14:01 and 15:10 UTC one in ten payments was refused.

## Timeline (2025-09-30, UTC)

- 14:00 A deploy went out
- 14:01 Impact starts: payments are refused
- 14:09 Alarm fired for refused payments
- 14:40 Rolled back
- 15:10 All clear, resolved

## Action items

- [x] Roll back the deploy (owner: @ana)
- [ ] Add an alarm on refusals. Owner: @nobody, due 2025-10-31
`

// reviews is a world whose store can keep originals.
func reviews(t *testing.T, g *gorm.DB) (*world, *files.Dir) {
	w := newWorld(t, g, nil)
	dir, err := files.NewDir(t.TempDir(), 0)
	w.must(err)
	w.s.Blobs, w.s.Canonical = dir, Write
	w.must(g.Create(&people.Service{Name: "checkout", Tier: 1, Targets: "{}", Version: 1}).Error)
	return w, dir
}

func parse(t testing.TB, src string) importer.Review {
	t.Helper()
	r, err := importer.Parse([]byte(src), importer.Options{FileName: "review.md"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestStore_ImportReview(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		w, dir := reviews(t, g)
		c, unchanged, err := w.s.ImportReview(w.ctx, w.ana, parse(t, foreign), []byte(foreign), ImportReviewOptions{FileName: "docs/review.md", TeamID: &w.team})
		if err != nil || unchanged {
			t.Fatal(unchanged, err)
		}
		d := w.load(c.Number)
		if c.Number != 1 || d.COE.Title != "Checkout refused cards" || d.COE.Severity != 2 || d.COE.State != Draft || d.COE.OwnerID != w.ana.ID || d.Team == nil || len(d.Services) != 1 {
			t.Errorf("header %+v, services %v", d.COE, d.Services)
		}
		if len(d.Entries) != 5 || d.Entries[0].Source != timeline.SourceImport || d.Entries[0].HTML == "" || d.Entries[0].SourceRef == "" {
			t.Errorf("entries %+v", d.Entries)
		}
		times := timeline.Durations(d.Entries)
		if times.TTD == nil || times.TTR == nil || times.TTD.Minutes() != 8 || times.TTR.Minutes() != 69 {
			t.Errorf("durations %+v", times)
		}
		if len(d.Actions) != 2 || d.Actions[0].State != actions.ClaimedDone || d.Actions[0].ClaimedAt == nil || !d.Actions[0].OwnerIs(w.ana.ID) ||
			d.Actions[1].State != actions.Open || d.Actions[1].OwnerID != nil || d.Actions[1].Due != "2025-10-31" || d.COE.NextAction != 3 {
			t.Errorf("actions %+v, next %d", d.Actions, d.COE.NextAction)
		}
		if !strings.Contains(d.Section("summary").Text, "one in ten") || d.Section("summary").HTML == "" {
			t.Errorf("summary %q", d.Section("summary").Text)
		}
		if text, err := w.s.SectionAt(w.ctx, w.ana, 1, "summary", 1); err != nil || text != d.Section("summary").Text {
			t.Errorf("the history gives %q, %v", text, err)
		}
		if len(d.Attachments) != 1 || d.Attachments[0].Name != "review.md" || d.Attachments[0].Purpose != "original" {
			t.Fatalf("attachments %+v", d.Attachments)
		}
		f, err := dir.Get(w.ctx, d.Attachments[0].SHA256)
		w.must(err)
		defer f.Close()
		if kept, err := io.ReadAll(f); err != nil || string(kept) != foreign {
			t.Errorf("kept %q, %v", kept, err)
		}
		again, unchanged, err := w.s.ImportReview(w.ctx, w.bo, parse(t, foreign), []byte(foreign), ImportReviewOptions{FileName: "other name.md"})
		if err != nil || !unchanged || again.Number != 1 {
			t.Errorf("the same bytes again: COE-%d, %v, %v", again.Number, unchanged, err)
		}
		if all, err := w.s.Numbers(w.ctx, w.ana); err != nil || len(all) != 1 {
			t.Errorf("%v, %v", all, err)
		}
	})
}

func TestStore_ImportReview_options(t *testing.T) {
	t.Parallel()
	w, _ := reviews(t, dbtest.New(t))
	o := ImportReviewOptions{Title: "Cards", Zone: "Asia/Tokyo", Severity: 4, Kind: NearMiss, OwnerID: w.bo.ID, Events: []int{0, 4}, Actions: []int{}}
	c, _, err := w.s.ImportReview(w.ctx, people.Operator(), parse(t, foreign), []byte(foreign), o)
	w.must(err)
	d, err := w.s.Load(w.ctx, people.Operator(), c.Number)
	w.must(err)
	if d.COE.Title != "Cards" || d.COE.Zone != "Asia/Tokyo" || d.COE.Severity != 4 || d.COE.Kind != NearMiss || d.COE.OwnerID != w.bo.ID || len(d.Entries) != 2 || len(d.Actions) != 0 {
		t.Errorf("%+v, %d entries, %d actions", d.COE, len(d.Entries), len(d.Actions))
	}
	if d.Attachments[0].Name != "review.md" {
		t.Errorf("a name is needed: %q", d.Attachments[0].Name)
	}
}

func TestStore_ImportReview_refuses(t *testing.T) {
	t.Parallel()
	w, _ := reviews(t, dbtest.New(t))
	r := parse(t, foreign)
	_, _, err := w.s.ImportReview(w.ctx, w.dan, r, []byte(foreign), ImportReviewOptions{})
	wants(t, err, fault.Forbidden, "")
	_, _, err = w.s.ImportReview(w.ctx, people.Operator(), r, []byte(foreign), ImportReviewOptions{})
	wants(t, err, fault.Invalid, "owner")
	long := r
	long.Sections = append(slices.Clone(r.Sections), importer.Section{Name: "other", Markdown: strings.Repeat("word ", maxText/5+1)})
	_, _, err = w.s.ImportReview(w.ctx, w.ana, long, []byte(foreign), ImportReviewOptions{})
	wants(t, err, fault.Invalid, "text")
	if all, err := w.s.Numbers(w.ctx, people.Operator()); err != nil || len(all) != 0 {
		t.Errorf("refused reviews left %v, %v", all, err)
	}
}

// What an odd review holds is stored without a negative duration and without
// losing what does not fit a field.
func TestStore_ImportReview_odd(t *testing.T) {
	t.Parallel()
	w, _ := reviews(t, dbtest.New(t))
	at, before, ancient := clock("2025-09-30 14:00"), clock("2025-09-30 13:00"), clock("0025-09-30 14:00")
	text := strings.Repeat("word ", 1000)
	r := importer.Review{
		Title: strings.Repeat("long ", 60), Zone: "UTC", Started: at, Resolved: before, Detected: clock("2025-09-30 14:05"),
		Events: []importer.Event{
			{At: at, End: before, Zone: "UTC", Precision: timeline.Exact, Kind: timeline.ImpactStart, Text: "It began"},
			{At: ancient, Zone: "UTC", Precision: timeline.Exact, Kind: timeline.Note, Text: " "},
			{At: before, Zone: "UTC", Precision: timeline.Exact, Kind: timeline.ImpactStart, Text: "A test failed"},
		},
		Actions:  []importer.Action{{Text: text, Due: "2025-02-30"}, {Text: "", Line: 7}},
		Sections: []importer.Section{{Name: "epilogue", Markdown: "The end."}},
	}
	c, _, err := w.s.ImportReview(w.ctx, w.ana, r, []byte("x\r\n"), ImportReviewOptions{})
	w.must(err)
	d := w.load(c.Number)
	if d.COE.WindowEnd != nil || len(d.Entries) != 5 {
		t.Errorf("window end %v, %d entries", d.COE.WindowEnd, len(d.Entries))
	}
	for _, e := range d.Entries {
		if e.EndAt != nil || e.At == nil && e.Precision != timeline.Unknown {
			t.Errorf("entry %+v", e)
		}
	}
	if e, ok := timeline.KeyMoment(d.Entries, timeline.ImpactStart); !ok || !e.At.Equal(*at) {
		t.Errorf("impact starts at %v", e.At)
	}
	if times := timeline.Durations(d.Entries); times.TTR != nil || times.TTD == nil {
		t.Errorf("durations %+v", times)
	}
	if e, ok := timeline.KeyMoment(d.Entries, timeline.Detected); !ok || e.Text == "" {
		t.Error("the stated detection is not in the timeline")
	}
	if x := d.Section("other"); !strings.Contains(x.Text, "The end.") || !strings.Contains(x.Text, strings.TrimSpace(r.Title)) || !x.CRLF {
		t.Errorf("other %q", x.Text)
	}
	if !strings.Contains(d.Section("actions").Text, text) || d.Actions[0].Due != "" || d.Actions[1].Title != "Action of line 7" {
		t.Errorf("actions %+v", d.Actions)
	}
}

func TestSeverityOf(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]int{"": 3, "SEV-2": 2, "P0": 1, "S5": 4, "Critical": 1, "major": 2, "Medium": 3, "low": 4, "quite bad": 3} {
		if got := SeverityOf(s); got != want {
			t.Errorf("%q is %d, want %d", s, got, want)
		}
	}
}

// Real reviews are taken in, once, and their files come back byte for byte.
func TestStore_ImportReview_samples(t *testing.T) {
	t.Parallel()
	paths := samples(t)
	w, _ := reviews(t, dbtest.New(t))
	other := fileStore(dbtest.New(t))
	for _, path := range paths {
		src, err := os.ReadFile(path)
		w.must(err)
		r, err := importer.Parse(src, importer.Options{FileName: path})
		if err != nil {
			continue // the importer's own tests judge these
		}
		o := ImportReviewOptions{FileName: path}
		c, _, err := w.s.ImportReview(w.ctx, w.ana, r, src, o)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(path), err)
			continue
		}
		again, unchanged, err := w.s.ImportReview(w.ctx, w.ana, r, src, o)
		if err != nil || !unchanged || again.ID != c.ID {
			t.Errorf("%s again: COE-%d, %v, %v", filepath.Base(path), again.Number, unchanged, err)
		}
		first, err := w.s.Export(w.ctx, w.ana, c.Number)
		w.must(err)
		if _, _, err := other.ImportFile(w.ctx, people.Operator(), first, ImportOptions{KeepState: true}); err != nil {
			t.Errorf("%s as a file: %v", filepath.Base(path), err)
			continue
		}
		second, err := other.Export(w.ctx, people.Operator(), c.Number)
		w.must(err)
		if !bytes.Equal(first, second) {
			t.Errorf("%s: %s", filepath.Base(path), cmp.Diff(string(first), string(second)))
		}
	}
}

// samples lists the research samples; without them the test is skipped.
func samples(t *testing.T) []string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for !exists(filepath.Join(dir, "go.mod")) {
		if dir == filepath.Dir(dir) {
			t.Skip("no go.mod above")
		}
		dir = filepath.Dir(dir)
	}
	var list []string
	root := filepath.Join(dir, "..", "shared", "samples", "postmortems")
	err = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".md" {
			list = append(list, path)
		}
		return err
	})
	if err != nil || len(list) == 0 {
		t.Skip("the samples are not here")
	}
	return list
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }
