package coe

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"coetracker/evidence"
	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/timeline"
)

// scene is a world with a service, a document about it and what tools said.
type scene struct {
	*world
	service people.Service
	n       int64
	impact  time.Time
}

// newScene makes COE-1 about checkout, with impact from one hour on for 30 min.
func newScene(w *world) *scene {
	s := &scene{world: w, impact: w.clock.Now().Add(-4 * time.Hour).Truncate(time.Minute)}
	s.service = people.Service{Name: "checkout", TeamID: &w.team, Tier: 1, Targets: "{}", Version: 1}
	w.must(w.g.Create(&s.service).Error)
	w.must(w.g.Create(&people.ServiceAlias{Alias: "arn:aws:ecs:svc/co", ServiceID: s.service.ID}).Error)
	end := s.impact.Add(30 * time.Minute)
	c, err := w.s.Create(w.ctx, w.ana, New{
		Title: "Checkout answered 503", Kind: Incident, Severity: 2, TeamID: &w.team,
		Services: []int64{s.service.ID}, WindowStart: &s.impact, WindowEnd: &end,
	})
	w.must(err)
	s.n = c.Number
	return s
}

// item stores a thing that began some minutes after impact and lasted ten.
func (s *scene) item(i evidence.Item, minutes int) evidence.Item {
	s.t.Helper()
	from := s.impact.Add(time.Duration(minutes) * time.Minute)
	to := from.Add(10 * time.Minute)
	i.Tool, i.SubjectKey = "fis", i.ExternalID
	if i.Service == "" {
		i.Service, i.ServiceID = "checkout", &s.service.ID
	}
	i.StartedAt, i.EndedAt, i.Rank, i.Version = &from, &to, evidence.RankEnded, 1
	for _, f := range []*string{&i.Alarms, &i.Detail, &i.Reach} {
		if *f == "" {
			*f = map[bool]string{true: "[]", false: "{}"}[f == &i.Alarms]
		}
	}
	s.must(s.g.Create(&i).Error)
	s.must(s.g.Create(&evidence.Span{ItemID: i.ID, StartedAt: from, EndedAt: &to, Times: 1}).Error)
	return i
}

func (s *scene) suggested() []Suggestion {
	s.t.Helper()
	list, err := s.s.Suggestions(s.ctx, s.ana, s.n)
	s.must(err)
	return list
}

func ids(list []Suggestion) []int64 {
	var out []int64
	for _, x := range list {
		out = append(out, x.Item.ID)
	}
	return out
}

func eachScene(t *testing.T, f func(t *testing.T, s *scene)) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) { f(t, newScene(w)) })
}

func TestSuggestions(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		deploy := s.item(evidence.Item{Type: evidence.TypeDeployment, ExternalID: "d-1", ToVersion: "v2", FromVersion: "v1"}, -12)
		back := s.item(evidence.Item{Type: evidence.TypeRollback, ExternalID: "r-1", UndoesID: &deploy.ID, Undoes: "d-1", Alarms: `["orders-5xx"]`}, 8)
		s.must(s.g.Model(&deploy).Update("undone_by_id", back.ID).Error)
		alarm := s.item(evidence.Item{Type: evidence.TypeAlarm, ExternalID: "orders-5xx", Title: "orders-5xx"}, 3)
		unmatched := s.item(evidence.Item{Type: evidence.TypeExperiment, ExternalID: "EXP1", Service: "x", Names: "y\nARN:aws:ecs:svc/co", ToolOutcome: evidence.Deviated}, -300)
		s.item(evidence.Item{Type: evidence.TypeAlarm, ExternalID: "other", Service: "search"}, 0) // not ours
		s.item(evidence.Item{Type: evidence.TypeDeployment, ExternalID: "d-0"}, -6*60-20)          // too early
		s.item(evidence.Item{Type: evidence.TypeDeployment, ExternalID: "d-9"}, 30+61)             // too late
		last := s.item(evidence.Item{Type: evidence.TypeDeployment, ExternalID: "d-2"}, 30+59)     // just in time
		first := s.item(evidence.Item{Type: evidence.TypeDeployment, ExternalID: "d-3"}, -6*60-5)  // still going on
		got := s.suggested()
		if want := []int64{alarm.ID, back.ID, deploy.ID, last.ID, unmatched.ID, first.ID}; !slices.Equal(ids(got), want) {
			t.Fatalf("suggested %v, want %v", ids(got), want)
		}
		for i, want := range []string{
			"Same service checkout|3 min after impact began",
			"Same service checkout|8 min after impact began|Names the alarm orders-5xx|Undoes the deployment d-1",
			"Same service checkout|12 min before impact began|Was rolled back at",
			"Same service checkout|59 min after it was over",
			"It says x, which is a name of checkout|5 h before impact began|It deviated",
		} {
			if r := strings.Join(got[i].Reasons, "|"); !strings.HasPrefix(r, want) {
				t.Errorf("%s: reasons %q, want %q", got[i].Item.ExternalID, r, want)
			}
		}
		if d := s.load(s.n); len(d.Entries)+len(d.Links) != 0 {
			t.Error("something was linked silently")
		}
		_, err := s.s.Suggestions(s.ctx, s.dan, s.n)
		wants(t, err, fault.Forbidden, "")
	})
}

func TestSuggestions_bounded(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		count := func() int {
			c := db.CountQueries(s.g)
			defer c.Stop()
			d := s.load(s.n)
			before := c.N()
			got, err := s.s.SuggestedFor(s.ctx, s.ana, d)
			s.must(err)
			if len(got.List) > mostSuggestions || got.More != (len(got.List) == mostSuggestions) {
				t.Errorf("%d suggestions, more %t", len(got.List), got.More)
			}
			return c.N() - before
		}
		s.item(evidence.Item{Type: evidence.TypeIncident, ExternalID: "I"}, 1)
		one := count()
		for i := range mostSuggestions + 5 {
			s.item(evidence.Item{Type: evidence.TypeDeployment, ExternalID: fmt.Sprint("d", i)}, i)
		}
		if many := count(); many != one || one > 8 {
			t.Errorf("%d queries for one, %d for many", one, many)
		}
		c, err := s.s.Create(s.ctx, s.ana, New{Title: "No time", Kind: Incident, Severity: 2, Services: []int64{s.service.ID}})
		s.must(err)
		if got, err := s.s.Suggestions(s.ctx, s.ana, c.Number); err != nil || len(got) != 0 {
			t.Errorf("%d without a time, %v", len(got), err)
		}
	})
}

func TestAccept(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		deploy := s.item(evidence.Item{Type: evidence.TypeDeployment, ExternalID: "d-1", ToVersion: "v2", Detail: `{"links":[{"title":"run","url":"https://ci.example.com/7"}]}`}, -12)
		back := s.item(evidence.Item{Type: evidence.TypeRollback, ExternalID: "r-1", UndoesID: &deploy.ID}, 8)
		alarm := s.item(evidence.Item{Type: evidence.TypeAlarm, ExternalID: "a-1", Title: "orders-5xx"}, 3)
		for range 2 { // twice is once
			s.must(s.s.Accept(s.ctx, s.ana, s.n, deploy.ID, AcceptEdit{Role: RoleCause, Text: "Version **2** went out"}))
			s.must(s.s.Accept(s.ctx, s.ana, s.n, back.ID, AcceptEdit{}))
			s.must(s.s.Accept(s.ctx, s.ana, s.n, alarm.ID, AcceptEdit{}))
		}
		d := s.load(s.n)
		var got []string
		for _, e := range d.Entries {
			got = append(got, string(e.Kind)+" "+e.SourceRef)
			if e.Source != timeline.SourceWebhook || e.Zone != "Europe/London" || !strings.Contains(e.Evidence, "](/") || e.HTML == "" {
				t.Errorf("entry %+v", e)
			}
		}
		want := []string{"change fis:d-1", "alarm fis:a-1", "mitigation_start fis:r-1", "change fis:r-1"}
		if !slices.Equal(got, want) {
			t.Errorf("entries %v, want %v", got, want)
		}
		if e := d.Entries[0]; e.Text != "Version **2** went out" || !strings.Contains(e.Evidence, "https://ci.example.com/7") {
			t.Errorf("the first entry says %q, %q", e.Text, e.Evidence)
		}
		if len(d.Links) != 2 || d.Links[0].Role != "caused by" || d.Links[1].Role != "rolled back by" || d.Links[1].Target != "fis:r-1" || d.Links[1].Type != "rollback" {
			t.Errorf("links %+v", d.Links)
		}
		if !d.HasChange() || len(s.suggested()) != 0 {
			t.Error("no change questions, or still suggested")
		}
		list, err := s.s.Evidence(s.ctx, s.ana, s.n)
		s.must(err)
		if len(list) != 3 || list[0].Decision.Role != "cause" || list[0].Decision.EntryKeys == "" || list[2].Other == nil {
			t.Errorf("evidence %+v", list)
		}
		var audited int64
		s.must(s.g.Table("audit").Where("verb = 'evidence.accept'").Count(&audited).Error)
		if audited != 3 {
			t.Errorf("%d accepted in the audit log, want 3", audited)
		}
	})
}

func TestAccept_refuses(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		run := s.item(evidence.Item{Type: evidence.TypeExperiment, ExternalID: "E"}, 1)
		change := s.item(evidence.Item{Type: evidence.TypeDeployment, ExternalID: "d"}, 1)
		wants(t, s.s.Accept(s.ctx, s.dan, s.n, run.ID, AcceptEdit{}), fault.Forbidden, "")
		wants(t, s.s.Dismiss(s.ctx, s.dan, s.n, run.ID, ""), fault.Forbidden, "")
		_, err := s.s.Reconsider(s.ctx, s.dan, s.n, run.ID)
		wants(t, err, fault.Forbidden, "")
		wants(t, s.s.SetEvidenceRole(s.ctx, s.dan, s.n, change.ID, RoleFix, ""), fault.Forbidden, "")
		_, err = s.s.Evidence(s.ctx, s.dan, s.n)
		wants(t, err, fault.Forbidden, "")
		wants(t, s.s.Accept(s.ctx, s.ana, s.n, 999, AcceptEdit{}), fault.NotFound, "")
		wants(t, s.s.Accept(s.ctx, s.ana, 99, run.ID, AcceptEdit{}), fault.NotFound, "")
		wants(t, s.s.Accept(s.ctx, s.ana, s.n, change.ID, AcceptEdit{Role: "guilty"}), fault.Invalid, fmt.Sprint("role-", change.ID))
		wants(t, s.s.Accept(s.ctx, s.ana, s.n, change.ID, AcceptEdit{Relation: Reproduces}), fault.Invalid, fmt.Sprint("relation-", change.ID))
		wants(t, s.s.Accept(s.ctx, s.ana, s.n, run.ID, AcceptEdit{Relation: CausedBy}), fault.Invalid, fmt.Sprint("relation-", run.ID))
		wants(t, s.s.AcceptAll(s.ctx, s.ana, s.n, nil), fault.Invalid, "item")
		wants(t, s.s.AcceptAll(s.ctx, s.ana, s.n, []AcceptItem{{ItemID: run.ID}, {change.ID, AcceptEdit{Role: "guilty"}}}), fault.Invalid, fmt.Sprint("role-", change.ID))
		wants(t, s.s.SetEvidenceRole(s.ctx, s.ana, s.n, change.ID, RoleFix, ""), fault.Conflict, "")
		if d := s.load(s.n); len(d.Entries)+len(d.Links) != 0 {
			t.Error("a refusal left something behind")
		}
	})
}

func TestSetEvidenceRole(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		change := s.item(evidence.Item{Type: evidence.TypeDeployment, ExternalID: "d"}, -5)
		s.must(s.s.Accept(s.ctx, s.ana, s.n, change.ID, AcceptEdit{}))
		for _, tt := range []struct {
			role  Role
			rel   Relation
			words string
			asks  bool
		}{
			{RoleSuspect, "", "suspected: caused by", true},
			{RoleCause, "", "caused by", true},
			{RoleFix, "", "fixed by", true},
			{RoleDismissed, "", "dismissed, not to blame", false},
			{RoleFix, RolledBackBy, "rolled back by", true},
		} {
			s.must(s.s.SetEvidenceRole(s.ctx, s.ana, s.n, change.ID, tt.role, tt.rel))
			d := s.load(s.n)
			if len(d.Links) != 1 || d.Links[0].Role != tt.words || d.HasChange() != tt.asks {
				t.Errorf("%s: links %+v, asks %t", tt.role, d.Links, d.HasChange())
			}
		}
	})
}

func TestDismissAndReconsider(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		change := s.item(evidence.Item{Type: evidence.TypeRollback, ExternalID: "r"}, 5)
		s.must(s.s.Dismiss(s.ctx, s.ana, s.n, change.ID, "Another  cell"))
		if len(s.suggested()) != 0 {
			t.Error("a dismissed one is suggested")
		}
		list, err := s.s.Evidence(s.ctx, s.ana, s.n)
		s.must(err)
		if len(list) != 1 || list[0].Decision.Decision != Dismissed || list[0].Decision.Reason != "Another cell" {
			t.Errorf("evidence %+v", list)
		}
		_, err = s.s.Reconsider(s.ctx, s.ana, s.n, change.ID)
		s.must(err)
		if len(s.suggested()) != 1 {
			t.Error("not suggested again")
		}
		s.must(s.s.Accept(s.ctx, s.ana, s.n, change.ID, AcceptEdit{}))
		wants(t, s.s.Dismiss(s.ctx, s.ana, s.n, change.ID, ""), fault.Conflict, "")
		got, err := s.s.Reconsider(s.ctx, s.ana, s.n, change.ID)
		s.must(err)
		d := s.load(s.n)
		if got != (Undone{Entries: 2}) || len(d.Entries)+len(d.Links) != 0 || len(s.suggested()) != 1 {
			t.Errorf("undone %+v, %d entries, %d links", got, len(d.Entries), len(d.Links))
		}
		s.must(s.s.Accept(s.ctx, s.ana, s.n, change.ID, AcceptEdit{}))
		d = s.load(s.n)
		e, note, text := d.Entries[0], "see the ticket", "Ana rolled back"
		_, err = s.s.timelineStore().EditEntry(s.ctx, s.ana, d.COE.ID, e.Key, 1, timeline.Edit{Text: &text})
		s.must(err)
		_, err = s.s.EditLink(s.ctx, s.ana, s.n, d.Links[0].Key, 1, LinkEdit{Note: &note})
		s.must(err)
		got, err = s.s.Reconsider(s.ctx, s.ana, s.n, change.ID)
		s.must(err)
		if d = s.load(s.n); got != (Undone{Entries: 1, KeptEntries: 1, KeptLink: true}) || len(d.Entries) != 1 || len(d.Links) != 1 {
			t.Errorf("undone %+v, %d entries, %d links", got, len(d.Entries), len(d.Links))
		}
		s.must(s.s.Accept(s.ctx, s.ana, s.n, change.ID, AcceptEdit{})) // takes up what is there
		if d = s.load(s.n); len(d.Entries) != 2 || len(d.Links) != 1 {
			t.Errorf("%d entries, %d links after accepting again", len(d.Entries), len(d.Links))
		}
	})
}

func TestCOEsOf(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		run := s.item(evidence.Item{Type: evidence.TypeExperiment, ExternalID: "E"}, 1)
		s.must(s.s.Accept(s.ctx, s.ana, s.n, run.ID, AcceptEdit{Relation: Verifies}))
		secret, err := s.s.Create(s.ctx, s.ana, New{Title: "Secret", Kind: Incident, Severity: 2, Visibility: Restricted})
		s.must(err)
		s.must(s.s.Accept(s.ctx, s.ana, secret.Number, run.ID, AcceptEdit{}))
		other, err := s.s.Create(s.ctx, s.ana, New{Title: "Imported", Kind: Incident, Severity: 2})
		s.must(err)
		typ, target := "experiment", "fis:E"
		_, err = s.s.AddLink(s.ctx, s.ana, other.Number, LinkEdit{Type: &typ, Target: &target})
		s.must(err)
		for _, tt := range []struct {
			p    *people.Principal
			want []int64
		}{{s.ana, []int64{1, 2, 3}}, {s.bo, []int64{1, 3}}, {s.dan, []int64{1, 3}}, {s.root, []int64{1, 2, 3}}} {
			list, err := s.s.COEsOf(s.ctx, tt.p, run.ID)
			s.must(err)
			var got []int64
			for _, m := range list {
				got = append(got, m.Number)
			}
			if !slices.Equal(got, tt.want) || list[0].Relation != Verifies {
				t.Errorf("%s sees %v, want %v", tt.p.Name, got, tt.want)
			}
		}
		_, err = s.s.COEsOf(s.ctx, nil, run.ID)
		wants(t, err, fault.Forbidden, "")
	})
}

func TestEvidence_queriesDoNotGrow(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		count := func() int {
			d := s.load(s.n)
			c := db.CountQueries(s.g)
			defer c.Stop()
			list, err := s.s.EvidenceOf(s.ctx, s.ana, d)
			s.must(err)
			refs, err := s.s.ReferencesOf(s.ctx, d)
			s.must(err)
			if len(list) != len(refs) {
				t.Errorf("%d decided, %d under Related", len(list), len(refs))
			}
			return c.N()
		}
		accept := func(name string) {
			i := s.item(evidence.Item{Type: evidence.TypeDeployment, ExternalID: name}, 1)
			s.must(s.s.Accept(s.ctx, s.ana, s.n, i.ID, AcceptEdit{}))
		}
		accept("d0")
		one := count()
		for i := range 8 {
			accept(fmt.Sprint("e", i))
		}
		if many := count(); many != one || one > 10 {
			t.Errorf("%d queries for one, %d for nine", one, many)
		}
	})
}

func TestEvidenceInFiles(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		run := s.item(evidence.Item{Type: evidence.TypeExperiment, ExternalID: "arn:aws:fis:us-east-1:1:experiment/E"}, 1)
		s.must(s.s.Accept(s.ctx, s.ana, s.n, run.ID, AcceptEdit{}))
		d := s.load(s.n)
		file, err := Write(d)
		s.must(err)
		f, err := Read(file)
		s.must(err)
		back := f.Document
		again, err := Write(back)
		s.must(err)
		if string(file) != string(again) || len(back.Links) != 1 || back.Links[0].Target != run.Ref() {
			t.Errorf("the file changed, or lost its row: %+v", back.Links)
		}
		refs, err := s.s.ReferencesOf(s.ctx, back)
		s.must(err)
		if len(refs) != 1 || refs[0].Item.ID != run.ID {
			t.Errorf("the row of the file leads to %+v", refs)
		}
	})
}
