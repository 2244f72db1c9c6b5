package main_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"coetracker/internal/dbtest"
)

// writers is how many people write while the server is killed. The last two of
// them write one section together, the others have a document of their own.
const (
	writers = 8
	rivals  = 2
)

// killed is a server under writers, and the ledger that judges it.
type killed struct {
	*program
	t      *testing.T
	run    *process
	people []*browser
	root   *browser // an administrator, who reads everything back
	shared string   // number of the document that the rivals write
	ledger *ledger
	ready  []time.Duration // of each start after a kill
	other  map[string]int  // answers that were neither taken nor a conflict
	mu     sync.Mutex
}

// Whatever the server acknowledged before a kill -9 is there afterwards, once.
func TestKillLosesNothing(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { killAgain(t, newProgram(t)) })
	t.Run("postgres", func(t *testing.T) {
		if !long() || os.Getenv("COE_TEST_POSTGRES") != "" {
			killAgain(t, newProgram(t, onPostgres(t)...))
			return
		}
		c, err := dbtest.StartCluster(true)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Stop)
		killAgain(t, newProgram(t, "COE_DATABASE_URL="+c.URL, "COE_SECRET_KEY=MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="))
	})
}

func killAgain(t *testing.T, p *program) {
	k := setUp(t, p)
	rounds := size(4, 50)
	for round := range rounds {
		k.writeUntilKilled(round)
		began := time.Now()
		k.run = p.serve("--log", "error")
		k.ready = append(k.ready, time.Since(began))
		k.complain(k.ledger.judge(t, k.root, func(d deed) bool { return d.round == round }))
	}
	v := k.ledger.judge(t, k.root, func(deed) bool { return true })
	k.complain(v)
	k.versionsHaveNoGap()
	p.want(0, "audit", "verify")
	if p.variable("COE_DATABASE_URL") == "" {
		var said string
		if err := p.open().Raw("PRAGMA integrity_check").Scan(&said).Error; err != nil || said != "ok" {
			t.Errorf("integrity: %s, %v", said, err)
		}
	}
	if v.acks < 10*rounds {
		t.Errorf("only %d acknowledgements under %d kills prove nothing", v.acks, rounds)
	}
	for what, n := range k.other {
		t.Errorf("%d answers: %s", n, what)
	}
	slices.Sort(k.ready)
	figures(t, "%d acknowledgements, %d lost, %d kills; ready again after %s (median) to %s",
		v.acks, v.lost, rounds, k.ready[len(k.ready)/2].Round(time.Millisecond), k.ready[len(k.ready)-1].Round(time.Millisecond))
}

// setUp signs the writers in and makes the document of the rivals.
func setUp(t *testing.T, p *program) *killed {
	t.Helper()
	p.want(0, "migrate", "up")
	p.want(0, "team", "add", "Storage")
	k := &killed{program: p, t: t, run: p.serve("--log", "error"), ledger: newLedger(t), other: map[string]int{}}
	p.want(0, "user", "add", "root@example.org", "--role", "admin")
	k.root = p.signIn("root@example.org")
	for i := range writers {
		b := newBrowser(t, p.url())
		b.enter(last(p.want(0, "user", "add", fmt.Sprintf("w%d@example.org", i), "--team", "Storage")))
		k.people = append(k.people, b)
	}
	team := regexpGroup(t, k.people[0].get("/coes/new").body, `<option value="(\d+)"[^>]*>Storage`)
	a := k.people[0].post("/coes/new", "title", "Written by several", "kind", "incident", "severity", "2", "team", team, "zone", "UTC").wants(http.StatusSeeOther)
	k.shared = numberOf(t, a.to)
	return k
}

// writeUntilKilled lets everybody write, kills the server at a random moment,
// and waits until all of them have noticed.
func (k *killed) writeUntilKilled(round int) {
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() { k.write(i, round) })
	}
	time.Sleep(time.Duration(50+rand.IntN(350)) * time.Millisecond)
	k.run.kill()
	wg.Wait()
}

// write creates a document and changes it until the server does not answer.
func (k *killed) write(i, round int) {
	b, step := k.people[i], 0
	do := func(kind, coe string, base int64, at string, f func(token string) []string) (answer, bool) {
		step++
		d := deed{round: round, kind: kind, coe: coe, version: base + 1, token: fmt.Sprintf("w%dr%03dn%05d", i, round, step)}
		k.ledger.intent(d)
		a, err := b.try(k.t.Context(), "POST", at, form(f(d.token)...))
		if err != nil {
			return a, false
		}
		if a.status == http.StatusSeeOther {
			if kind == "coe" {
				d.coe = numberOf(k.t, a.to)
			}
			k.ledger.ack(d)
		} else if a.status != http.StatusConflict {
			k.mu.Lock()
			k.other[fmt.Sprintf("%s answered %d", a.what, a.status)]++
			k.mu.Unlock()
		}
		return a, true
	}
	a, ok := do("coe", "0", 0, "/coes/new", func(token string) []string {
		return []string{"title", "Outage " + token, "kind", "incident", "severity", "2", "zone", "UTC", "start", "30 Sep 2025 14:00"}
	})
	if !ok || a.status != http.StatusSeeOther {
		return
	}
	own := numberOf(k.t, a.to)
	text := own
	if i >= writers-rivals {
		text = k.shared
	}
	for ok {
		page, err := b.try(k.t.Context(), "GET", "/coes/"+text+"/edit/summary", nil)
		if err != nil || page.status != http.StatusOK {
			return
		}
		base := page.field("version")
		if _, ok = do("text", text, integer(k.t, base), "/coes/"+text+"/text/summary", func(token string) []string {
			return []string{"version", base, "text", "The summary of " + token + ".\r\n\r\nSecond paragraph."}
		}); !ok {
			return
		}
		if _, ok = do("entry", own, 0, "/coes/"+own+"/timeline", func(token string) []string {
			return []string{"line", "30 sep 2025 14:02 Seen by " + token}
		}); !ok {
			return
		}
		_, ok = do("action", own, 0, "/coes/"+own+"/actions", func(token string) []string { return []string{"line", "Check " + token + " in 2w"} })
	}
}

func (k *killed) complain(v verdict) {
	k.t.Helper()
	for _, c := range v.complaints {
		k.t.Error(c)
	}
}

// versionsHaveNoGap walks through every version of every section that was
// written: each is there and is what somebody meant to write.
func (k *killed) versionsHaveNoGap() {
	k.t.Helper()
	meant := map[string]map[string]bool{}
	newest := map[string]int64{}
	for _, d := range k.ledger.read(k.t) {
		if d.kind != "text" {
			continue
		}
		if meant[d.coe] == nil {
			meant[d.coe] = map[string]bool{}
		}
		meant[d.coe][d.token] = true
		if d.acked && d.version <= newest[d.coe] && d.coe != k.shared {
			k.t.Errorf("version %d of COE-%s was acknowledged twice", d.version, d.coe)
		}
		newest[d.coe] = max(newest[d.coe], d.version)
	}
	for coe, tokens := range meant {
		b := k.root
		now := integer(k.t, b.get("/coes/"+coe+"/edit/summary").wants(http.StatusOK).field("version"))
		for v := int64(1); v <= now; v++ {
			page := b.get(fmt.Sprintf("/coes/%s/texts/summary/%d", coe, v)).wants(http.StatusOK, fmt.Sprintf("rev %d", v))
			token := regexpGroup(k.t, page.text(), `(w\dr\d{3}n\d{5})\.(?: |$)`)
			if !tokens[token] {
				k.t.Errorf("version %d of COE-%s holds %q, which nobody wrote", v, coe, token)
			}
		}
	}
}

// deed is one write as the ledger knows it.
type deed struct {
	round   int
	kind    string // coe, text, entry, action
	coe     string
	version int64 // of a text, if it is taken
	token   string
	acked   bool
}

// ledger is a file of what was asked and what was answered. It is written
// before the request and after the answer, by us and not by the server.
type ledger struct {
	mu sync.Mutex
	f  *os.File
}

func newLedger(t *testing.T) *ledger {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "ledger"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &ledger{f: f}
}

func (l *ledger) intent(d deed) { l.line("intent", d) }

func (l *ledger) ack(d deed) { l.line("ack", d) }

func (l *ledger) line(what string, d deed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.f, what, d.round, d.kind, d.coe, d.version, d.token)
}

// read gives every deed in the order of the intents.
func (l *ledger) read(t *testing.T) (all []deed) {
	t.Helper()
	b, err := os.ReadFile(l.f.Name())
	if err != nil {
		t.Fatal(err)
	}
	place := map[string]int{}
	for line := range strings.Lines(string(b)) {
		var what string
		var d deed
		if _, err := fmt.Sscan(line, &what, &d.round, &d.kind, &d.coe, &d.version, &d.token); err != nil {
			t.Fatalf("ledger: %q: %v", line, err)
		}
		if what == "intent" {
			place[d.token] = len(all)
			all = append(all, d)
			continue
		}
		d.acked = true
		all[place[d.token]] = d
	}
	return all
}

// verdict is what came of reading back.
type verdict struct {
	acks, lost int
	complaints []string
}

func (v *verdict) complain(format string, args ...any) {
	v.complaints = append(v.complaints, fmt.Sprintf(format, args...))
}

// judge reads back by HTTP what was acknowledged, and counts what is missing.
// What was not acknowledged may be there, but once.
func (l *ledger) judge(t *testing.T, b *browser, which func(deed) bool) (v verdict) {
	t.Helper()
	exports := map[string]string{}
	for _, d := range l.read(t) {
		if !which(d) || d.coe == "0" {
			continue
		}
		if exports[d.coe] == "" {
			exports[d.coe] = b.get("/coes/" + d.coe + "/export.md").wants(http.StatusOK).body
		}
		n := strings.Count(exports[d.coe], d.token)
		if d.kind == "text" {
			n = 0
			a := b.get(fmt.Sprintf("/coes/%s/texts/summary/%d", d.coe, d.version))
			if a.status == http.StatusOK && strings.Contains(a.text(), "The summary of "+d.token+".") {
				n = 1
			}
		}
		if n > 1 {
			v.complain("%s %s stands %d times in COE-%s", d.kind, d.token, n, d.coe)
		}
		if d.acked {
			v.acks++
		}
		if d.acked && n == 0 {
			v.lost++
			v.complain("lost: %s %s of COE-%s was acknowledged", d.kind, d.token, d.coe)
		}
	}
	return v
}

// The ledger itself is judged: a write that was acknowledged but never made is
// called lost.
func TestTheLedgerNoticesALoss(t *testing.T) {
	p := served(t)
	b := p.signIn("root@example.org")
	number := numberOf(t, b.post("/coes/new", "title", "Outage", "kind", "incident", "severity", "2", "zone", "UTC").to)
	l := newLedger(t)
	for i, kind := range []string{"text", "entry", "action"} {
		d := deed{kind: kind, coe: number, version: 1, token: fmt.Sprintf("w0r000n%05d", i)}
		l.intent(d)
		l.ack(d)
	}
	if v := l.judge(t, b, func(deed) bool { return true }); v.acks != 3 || v.lost != 3 || len(v.complaints) != 3 {
		t.Errorf("%+v; want 3 acknowledgements, 3 of them lost", v)
	}
}
