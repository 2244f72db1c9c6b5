package coe

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"coetracker/internal/dbtest"
	"coetracker/internal/fault"
)

func TestStore_SaveSection(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.coe()
		sec, err := w.s.SaveSection(w.ctx, w.ana, 1, "summary", 0, "# It *broke*\r\n", FromForm)
		w.must(err)
		if sec.Version != 1 || sec.Text != "# It *broke*\n" || !strings.Contains(sec.HTML, "<em>broke</em>") || sec.CRLF {
			t.Errorf("got %+v", sec)
		}
		again, err := w.s.SaveSection(w.ctx, w.bo, 1, "summary", 0, "# It *broke*\n", FromForm)
		w.must(err)
		if again.Version != 1 {
			t.Errorf("the same text again made version %d", again.Version)
		}
		d := w.load(1)
		if d.Section("summary").Plain == "" || d.COE.Seq != 2 || d.Person(d.Section("summary").UpdatedBy).Name != "ana" {
			t.Errorf("stored %+v, seq %d", d.Section("summary"), d.COE.Seq)
		}
	})
}

func TestStore_SaveSection_conflictKeepsBoth(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.coe()
		save := func(text string, base int64) (Section, error) {
			return w.s.SaveSection(w.ctx, w.ana, 1, "impact", base, text, FromForm)
		}
		_, err := save("one", 0)
		w.must(err)
		_, err = w.s.SaveSection(w.ctx, w.bo, 1, "impact", 1, "one two", FromREST)
		w.must(err)
		_, err = save("one three", 1)
		c, ok := wants(t, err, fault.Conflict, "").Detail.(*TextConflict)
		if !ok || c.Yours != "one three" || c.Theirs != "one two" || c.TheirVersion != 2 || c.ByName != "bo" || len(c.Missed) != 1 {
			t.Errorf("got %+v", c)
		}
		same, err := save("one", 1) // opened, nothing typed, saved
		w.must(err)
		if same.Text != "one two" || same.Version != 2 {
			t.Errorf("got %+v", same)
		}
		_, err = w.s.ApplyChange(w.ctx, w.ana, 1, "impact", 1, Change{{Keep: 3}, {Insert: "!"}}, FromLive)
		c, _ = wants(t, err, fault.Conflict, "").Detail.(*TextConflict)
		if c == nil || c.Yours != "one!" || c.Theirs != "one two" {
			t.Errorf("got %+v", c)
		}
	})
}

func TestStore_SaveSection_refuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.New(t), nil)
	w.coe()
	save := func(name SectionName, base int64, text string) error {
		_, err := w.s.SaveSection(w.ctx, w.ana, 1, name, base, text, FromForm)
		return err
	}
	wants(t, save("epilogue", 0, "x"), fault.NotFound, "")
	wants(t, save("summary", 1, "x"), fault.Invalid, "version")
	wants(t, save("summary", 0, "a\x00"), fault.Invalid, "text")
	wants(t, save("summary", 0, "\xff"), fault.Invalid, "text")
	wants(t, save("summary", 0, strings.Repeat("a\n", maxText/2)+"a"), fault.Invalid, "text")
	wants(t, save("summary", 0, strings.Repeat("> ", 500)+"a"), fault.Invalid, "text")
	_, err := w.s.SaveSection(w.ctx, w.dan, 1, "summary", 0, "x", FromForm)
	wants(t, err, fault.Forbidden, "")
	_, err = w.s.ApplyChange(w.ctx, w.ana, 1, "summary", 0, Change{{Keep: 1}}, FromLive)
	wants(t, err, fault.Invalid, "change")
	if v := w.load(1).Section("summary").Version; v != 0 {
		t.Errorf("a refused save made version %d", v)
	}
}

func TestStore_SaveSection_importMarksCRLF(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.New(t), nil)
	w.coe()
	sec, err := w.s.SaveSection(w.ctx, w.ana, 1, "summary", 0, "a\r\nb\r\n", FromImport)
	w.must(err)
	if !sec.CRLF || sec.Text != "a\nb\n" {
		t.Errorf("imported: %+v", sec)
	}
	sec, err = w.s.SaveSection(w.ctx, w.ana, 1, "summary", 1, "a\r\nc\r\n", FromForm)
	w.must(err)
	if !sec.CRLF || sec.Text != "a\nc\n" {
		t.Errorf("after a form: %+v", sec)
	}
}

// Every version can be rebuilt, and replaying all updates gives the text.
func TestStore_SectionAt_replaysEverything(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.coe()
		history := []string{""}
		gen := rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b\n", "🚀", "é", "- x\n", " ", "**c**"}), 0, 12),
			func(parts []string) string { return strings.Join(parts, "") })
		for i := range 40 {
			text := gen.Example(i)
			last := len(history) - 1
			sec, err := w.s.SaveSection(w.ctx, w.ana, 1, "timeline", int64(last), text, FromForm)
			w.must(err)
			if text != history[last] {
				history = append(history, text)
			}
			if sec.Version != int64(len(history)-1) {
				t.Fatalf("version %d after %d different texts", sec.Version, len(history)-1)
			}
		}
		for v, want := range history {
			got, err := w.s.SectionAt(w.ctx, w.dan, 1, "timeline", int64(v))
			if err != nil || got != want {
				t.Fatalf("version %d: %q, %v; want %q", v, got, err, want)
			}
		}
		list, err := w.s.Updates(w.ctx, w.dan, 1, "timeline", 0, 0)
		w.must(err)
		if text, err := Replay("", list); err != nil || text != history[len(history)-1] {
			t.Errorf("replay: %q, %v", text, err)
		}
		_, err = w.s.SectionAt(w.ctx, w.dan, 1, "timeline", int64(len(history)))
		wants(t, err, fault.NotFound, "")
	})
}

// Of many who save from one version, one wins and the others see its text.
func TestStore_SaveSection_oneWins(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.coe()
		const writers = 6
		errs := make(chan error, writers)
		for i := range writers {
			go func() {
				_, err := w.s.SaveSection(w.ctx, w.ana, 1, "summary", 0, fmt.Sprintf("text %d", i), FromForm)
				errs <- err
			}()
		}
		won := 0
		for range writers {
			err := <-errs
			if err == nil {
				won++
				continue
			}
			wants(t, err, fault.Conflict, "")
		}
		if sec := w.load(1).Section("summary"); won != 1 || sec.Version != 1 {
			t.Errorf("%d won, version %d", won, sec.Version)
		}
	})
}
