package coe

import (
	"fmt"
	"sync"
	"testing"

	"gorm.io/gorm"

	"coetracker/internal/dbtest"
	"coetracker/people"
)

// together runs f several times at once and gives the errors.
func together(n int, f func(i int) error) []error {
	errs, ready := make([]error, n), make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { <-ready; errs[i] = f(i) })
	}
	close(ready)
	all.Wait()
	return errs
}

// Of the same review, sent by several people at the same moment, there is one
// document.
func TestStore_ImportReview_atOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		w, _ := reviews(t, g)
		r := parse(t, foreign)
		var fresh [6]bool
		for i, err := range together(len(fresh), func(i int) error {
			_, unchanged, err := w.s.ImportReview(w.ctx, w.ana, r, []byte(foreign), ImportReviewOptions{FileName: "review.md"})
			fresh[i] = !unchanged
			return err
		}) {
			if err != nil {
				t.Errorf("import %d: %v", i, err)
			}
		}
		made := 0
		for _, f := range fresh {
			if f {
				made++
			}
		}
		if all, err := w.s.Numbers(w.ctx, w.ana); err != nil || len(all) != 1 || made != 1 {
			t.Errorf("documents %v, %d said to be new, %v", all, made, err)
		}
	})
}

// Files that claim the same number and name the same unknown people come in
// side by side, each with a number of its own.
func TestStore_ImportFile_atOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		s := fileStore(g)
		files := make([][]byte, 5)
		for i := range files {
			d := rich()
			d.COE.UID = fmt.Sprintf("0199a1b2-0000-7000-8000-%012x", 0x100+i)
			files[i] = stored(t, d)
		}
		for i, err := range together(len(files), func(i int) error {
			_, _, err := s.ImportFile(t.Context(), people.Operator(), files[i], ImportOptions{KeepState: true})
			return err
		}) {
			if err != nil {
				t.Errorf("file %d: %v", i, err)
			}
		}
		if all, err := s.Numbers(t.Context(), people.Operator()); err != nil || fmt.Sprint(all) != "[17 18 19 20 21]" {
			t.Errorf("numbers %v, %v", all, err)
		}
	})
}

// Knowing the hash of a file does not open it: an import names bytes, and only
// those that the importer may read here come along.
func TestStore_ImportFile_filesOfOthers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		w := newWorld(t, g, nil)
		s, b := fileStore(g), stored(t, rich()) // restricted; its reviewer is not eve
		if _, _, err := s.ImportFile(w.ctx, people.Operator(), b, ImportOptions{KeepState: true}); err != nil {
			t.Fatal(err)
		}
		eve := w.person("eve", people.Writer, 0)
		stolen := rich()
		stolen.COE.UID, stolen.COE.Number = "0199a1b2-0000-7000-8000-0000000000ee", 0
		file := stored(t, stolen)
		c, out, err := s.ImportFile(w.ctx, eve, file, ImportOptions{})
		if err != nil || out.FilesLeft != 1 {
			t.Fatalf("%+v, %v", out, err)
		}
		if d, err := s.Load(w.ctx, eve, c.Number); err != nil || len(d.Attachments) != 0 {
			t.Errorf("attachments %+v, %v", d.Attachments, err)
		}
		if _, out, err := s.ImportFile(w.ctx, eve, file, ImportOptions{}); err != nil || !out.Unchanged {
			t.Errorf("the same bytes again: %+v, %v", out, err)
		}
		mine := rich()
		mine.COE.UID, mine.COE.Number = "0199a1b2-0000-7000-8000-0000000000ef", 0
		if _, out, err := s.ImportFile(w.ctx, w.root, stored(t, mine), ImportOptions{}); err != nil || out.FilesLeft != 0 {
			t.Errorf("an administrator may read them: %+v, %v", out, err)
		}
	})
}

// A file without uid meets only what its importer may see: nothing tells them
// that somebody else took in the same bytes for a restricted COE.
func TestStore_ImportFile_byHandUnseen(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		w := newWorld(t, g, nil)
		s := fileStore(g)
		b := []byte("---\ncoe: 1\ntitle: It broke\nkind: incident\nseverity: 3\nvisibility: restricted\n---\n## Summary <!-- coe:summary -->\nIt broke.\n")
		first, _, err := s.ImportFile(w.ctx, w.ana, b, ImportOptions{})
		w.must(err)
		second, out, err := s.ImportFile(w.ctx, w.person("eve", people.Writer, 0), b, ImportOptions{})
		if err != nil || out.Unchanged || second.Number == first.Number {
			t.Errorf("COE-%d after COE-%d, %+v, %v", second.Number, first.Number, out, err)
		}
	})
}
