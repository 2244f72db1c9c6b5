package evidence

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// story is what one tool says about one story, in the order it happened.
type story struct {
	name   string
	bodies [][]byte
	posts  []Parsed
}

// stories reads our own sequences and those of the research samples, if they
// are there.
func stories(t testing.TB) []story {
	t.Helper()
	files, err := filepath.Glob("testdata/sequences/*.jsonl")
	if err != nil || len(files) < 11 {
		t.Fatalf("%d sequences, %v", len(files), err)
	}
	var all []story
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var bodies [][]byte
		for line := range bytes.Lines(text) {
			bodies = append(bodies, line)
		}
		all = append(all, newStory(t, strings.TrimSuffix(filepath.Base(file), ".jsonl"), bodies))
	}
	for name, pattern := range map[string]string{
		"sample chaostoolkit": "chaostoolkit/http-notification-*", "sample ecs": "ecs/eventbridge-deployment-*", "sample alertmanager": "alertmanager/webhook-*",
	} {
		files, _ := filepath.Glob(filepath.Join("../../shared/samples/payloads", pattern))
		var bodies [][]byte
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			bodies = append(bodies, text)
		}
		if len(bodies) > 0 {
			all = append(all, newStory(t, name, bodies))
		}
	}
	return all
}

func newStory(t testing.TB, name string, bodies [][]byte) story {
	t.Helper()
	s := story{name: name, bodies: bodies}
	for i, body := range bodies {
		p, err := Parse(Input{Body: body})
		if err != nil {
			t.Fatalf("%s %d: %v", name, i, err)
		}
		things := 0
		for _, r := range p.Records {
			if r.Type != TypeIgnored {
				things++
			}
		}
		if things == 0 && !strings.HasPrefix(name, "sample") {
			t.Errorf("%s %d says nothing: %+v", name, i, p)
		}
		s.posts = append(s.posts, p)
	}
	return s
}

// disorder gives the numbers of n posts in any order, some of them again.
func disorder(r *rand.Rand, n int) []int {
	order := r.Perm(n)
	for range r.IntN(n + 1) {
		order = append(order, order[r.IntN(len(order))])
	}
	r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	return order
}

// folded folds a sequence in this order of its posts.
func folded(s story, order []int) string {
	by := map[subjectKey][]Record{}
	for _, i := range order {
		for _, r := range s.posts[i].Records {
			if r.Type == TypeIgnored || r.Type == TypeMetric {
				continue
			}
			r, _ = tidy(r, r.OccurredAt)
			k := subjectKey{r.Type, s.posts[i].Source, r.SubjectKey}
			by[k] = append(by[k], r)
		}
	}
	type row struct {
		Item  Item
		Spans []Span
	}
	rows := map[string]row{}
	for k, records := range by {
		item, spans := Fold(records)
		rows[string(k.kind)+" "+k.tool+" "+k.key] = row{item, spans}
	}
	text, err := json.MarshalIndent(rows, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func TestFoldOfSequencesIsTheSameInEveryOrder(t *testing.T) {
	t.Parallel()
	for _, s := range stories(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			var straight []int
			for i := range s.posts {
				straight = append(straight, i)
			}
			want := folded(s, straight)
			r := rand.New(rand.NewPCG(1, 2))
			for n := range 1000 {
				order := disorder(r, len(s.posts))
				if got := folded(s, order); got != want {
					t.Fatalf("order %d %v:\n%s", n, order, cmp.Diff(want, got))
				}
			}
		})
	}
}
