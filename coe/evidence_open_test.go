package coe

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"coetracker/evidence"
	"coetracker/internal/fault"
)

const runDetail = `{"hypothesis":"Losing one | zone changes nothing","steady_state":[{"name":"p99","expected":"< 300 ms","before":"210","after":"1900","met":false}],
"targets":[{"kind":"subnet","id":"subnet-1","zone":"us-east-1a","region":"us-east-1"}],"faults":[{"action":"network:disrupt","params":"scope=all","state":"completed"}],
"guards":[{"kind":"alarm","name":"orders-5xx"}],"reason":"Stop condition met"}`

func TestCreateFrom_run(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		run := s.item(evidence.Item{Type: evidence.TypeExperiment, ExternalID: "EXP7", Title: "Lose zone a", ToolOutcome: evidence.Deviated, Detail: runDetail}, -60)
		alarm := s.item(evidence.Item{Type: evidence.TypeAlarm, ExternalID: "orders-5xx", Title: "orders-5xx"}, -55)
		_, err := s.s.CreateFrom(s.ctx, s.dan, run.ID)
		wants(t, err, fault.Forbidden, "")
		c, err := s.s.CreateFrom(s.ctx, s.bo, run.ID)
		s.must(err)
		d := s.load(c.Number)
		if c.Kind != ExperimentFinding || c.OwnerID != s.bo.ID || c.Zone != "Europe/London" || *c.TeamID != s.team || !c.WindowStart.Equal(*run.StartedAt) || !c.WindowEnd.Equal(*run.EndedAt) {
			t.Errorf("header %+v", c)
		}
		if c.Title != "checkout: the experiment “Lose zone a” deviated" || len(d.Services) != 1 || d.Services[0].Name != "checkout" {
			t.Errorf("title %q, services %v", c.Title, d.Services)
		}
		text, html := d.Section("summary").Text, d.Section("summary").HTML
		for _, want := range []string{
			"`EXP7`", "Losing one \\| zone changes nothing", "| p99: \\< 300 ms | not met, before: 210, after: 1900 |", "`subnet subnet-1`, us-east-1, zone us-east-1a",
			"`network:disrupt` `scope=all` (completed)", "alarm `orders-5xx` (did not fire)", "Stop condition met", "**Alarms that fired:** `orders-5xx`",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("the summary lacks %q:\n%s", want, text)
			}
		}
		if !strings.Contains(html, "<table>") {
			t.Errorf("no table in %s", html)
		}
		var got []string
		for _, e := range d.Entries {
			got = append(got, string(e.Kind)+" "+e.SourceRef)
		}
		if want := []string{"trigger fis:EXP7", "alarm fis:orders-5xx", "note fis:EXP7"}; !slices.Equal(got, want) {
			t.Errorf("entries %v, want %v", got, want)
		}
		if len(d.Links) != 1 || d.Links[0].Role != "revealed by" || len(d.Actions) != 0 {
			t.Errorf("links %+v, %d actions", d.Links, len(d.Actions))
		}
		again, err := s.s.CreateFrom(s.ctx, s.ana, run.ID)
		s.must(err)
		opened, ok, err := s.s.OpenedFrom(s.ctx, s.dan, run.ID)
		s.must(err)
		if again.Number != c.Number || !ok || opened.Number != c.Number {
			t.Errorf("pressing again gives %d, opened from it is %d", again.Number, opened.Number)
		}
		_, err = s.s.Reconsider(s.ctx, s.bo, c.Number, run.ID)
		wants(t, err, fault.Invalid, "item")
		if list, err := s.s.COEsOf(s.ctx, s.dan, alarm.ID); err != nil || len(list) != 1 || list[0].Opened {
			t.Errorf("the alarm belongs to %+v, %v", list, err)
		}
	})
}

func TestCreateFrom_rollback(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		bad := s.item(evidence.Item{Type: evidence.TypeDeployment, ExternalID: "d-1", FromVersion: "v1", ToVersion: "v2", Detail: `{"wave":"2","share":0.2,"bake_minutes":15}`}, -60)
		back := s.item(evidence.Item{Type: evidence.TypeRollback, ExternalID: "r-1", FromVersion: "v2", ToVersion: "v1", UndoesID: &bad.ID, Cause: "alarm", Alarms: `["orders-5xx"]`, Detail: `{"automatic":true}`}, -45)
		s.must(s.g.Model(&bad).Update("undone_by_id", back.ID).Error)
		s.item(evidence.Item{Type: evidence.TypeAlarm, ExternalID: "orders-5xx", Title: "orders-5xx"}, -52)
		c, err := s.s.CreateFrom(s.ctx, s.ana, bad.ID)
		s.must(err)
		d := s.load(c.Number)
		if c.Kind != Incident || c.Title != "checkout was rolled back from v2 after the alarm orders-5xx" || !c.WindowStart.Equal(*bad.StartedAt) || !c.WindowEnd.Equal(*back.EndedAt) {
			t.Errorf("header %+v", c)
		}
		text := d.Section("summary").Text
		for _, want := range []string{
			"out: `v1 → v2`, back: `v2 → v1`", "automatically, trigger: alarm", "wave 2; 20 % of the fleet; baked 15 min",
			"8 min from the deployment to the alarm; 7 min from the alarm to the rollback", "taken back 15 min after it began",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("the summary lacks %q:\n%s", want, text)
			}
		}
		if len(d.Entries) != 4 || len(d.Links) != 2 || !d.HasChange() {
			t.Errorf("%d entries, links %+v", len(d.Entries), d.Links)
		}
		again, err := s.s.CreateFrom(s.ctx, s.ana, back.ID)
		s.must(err)
		if again.Number != c.Number {
			t.Errorf("the rollback opens %d, its deployment %d", again.Number, c.Number)
		}
	})
}

func TestCreateFrom_refuses(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		held := s.item(evidence.Item{Type: evidence.TypeExperiment, ExternalID: "E", ToolOutcome: evidence.Deviated, Outcome: evidence.Held}, 0)
		deploy := s.item(evidence.Item{Type: evidence.TypeDeployment, ExternalID: "d"}, 0)
		alarm := s.item(evidence.Item{Type: evidence.TypeAlarm, ExternalID: "a"}, 0)
		for id, field := range map[int64]string{held.ID: "outcome", deploy.ID: "item", alarm.ID: "item"} {
			_, err := s.s.CreateFrom(s.ctx, s.ana, id)
			wants(t, err, fault.Invalid, field)
		}
		_, err := s.s.CreateFrom(s.ctx, s.ana, 999)
		wants(t, err, fault.NotFound, "")
	})
}

func TestCreateFrom_hiddenAndAtOnce(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		run := s.item(evidence.Item{Type: evidence.TypeExperiment, ExternalID: "E", ToolOutcome: evidence.Halted}, 0)
		var wg sync.WaitGroup
		numbers := make([]int64, 4)
		for i := range numbers {
			wg.Add(1)
			go func() {
				defer wg.Done()
				c, err := s.s.CreateFrom(s.ctx, s.ana, run.ID)
				if err != nil {
					t.Error(err)
				}
				numbers[i] = c.Number
			}()
		}
		wg.Wait()
		if slices.Max(numbers) != slices.Min(numbers) {
			t.Fatalf("pressed at once: %v", numbers)
		}
		n := numbers[0]
		c, err := s.s.ByNumber(s.ctx, s.ana, n)
		s.must(err)
		restricted := Restricted
		_, err = s.s.EditHeader(s.ctx, s.ana, n, c.Version, HeaderEdit{Visibility: &restricted})
		s.must(err)
		_, opened, err := s.s.OpenedFrom(s.ctx, s.bo, run.ID)
		s.must(err)
		other, err := s.s.CreateFrom(s.ctx, s.bo, run.ID)
		s.must(err)
		if opened || other.Number == n {
			t.Error("a restricted COE was told of to somebody who may not see it")
		}
	})
}
