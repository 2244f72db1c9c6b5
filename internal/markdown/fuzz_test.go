package markdown

import (
	"context"
	"errors"
	"testing"
	"time"
	"unicode/utf8"
)

// seed gives a fuzz target every text of the other tests.
func seed(f *testing.F) {
	for _, src := range attacks {
		f.Add(src)
	}
	for _, h := range ownHostile(f) {
		f.Add(h.text(300))
	}
	f.Add("# a\r\n\r\n|x|y|\n|-|-:|\n|1|2|\n\n- [ ] COE-17\n\n[^1]: b\n\nt\n: d [^1]\n")
}

func FuzzRender(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, src string) {
		start := time.Now()
		r, err := Render(context.Background(), src, Options{HeadingShift: 2, IDPrefix: "s1-", LinkID: linkCOE})
		if took := time.Since(start); took > hangGuard {
			t.Errorf("took %v", took)
		}
		var refused *Refused
		if err != nil && !errors.As(err, &refused) {
			t.Fatal(err)
		}
		if found := unsafeIn(r.HTML, "s1-"); found != nil {
			t.Errorf("unsafe: %v in\n%s", found, r.HTML)
		}
		if len(r.HTML) > maxGrowth*len(src)+growthFloor || !utf8.ValidString(r.Text) {
			t.Errorf("%d bytes of HTML, text valid %v", len(r.HTML), utf8.ValidString(r.Text))
		}
	})
}

func FuzzSections(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, src string) { checkPieces(t, src) })
}
