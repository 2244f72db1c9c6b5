package web_test

import (
	"fmt"
	"strings"
	"time"

	"coetracker/actions"
	"coetracker/coe"
	"coetracker/people"
	"coetracker/timeline"
)

// documents makes every document of the world. Their numbers are far apart and
// like no other number of a page, so that they can be looked for.
func (w *world) documents() {
	for i, kind := range []string{org, restricted, deleted, other} {
		w.document(kind, owner, 7001+1111*int64(i))
	}
	for i, who := range principals[1:] {
		w.document(who, who, 61007+113*int64(i))
	}
	w.must(w.server.COEs.Delete(w.t.Context(), w.person[owner], w.docs[deleted].coe.Number, "reason"))
	for _, d := range w.docs {
		w.canarise(d)
	}
}

// document makes one document with a row of every kind.
func (w *world) document(kind, by string, number int64) {
	ctx, adm := w.t.Context(), w.person[admin]
	w.exec("UPDATE counters SET value = ? WHERE name = 'coe'", number-1)
	n := coe.New{Title: "title", Kind: coe.Incident, Severity: 2, OwnerID: w.person[by].ID, Visibility: coe.Restricted, Services: []int64{w.service}}
	if kind == org || kind == deleted || kind == other {
		n.Visibility = coe.Org
	}
	if kind != by {
		team := w.team["core"]
		n.TeamID = &team
	}
	c, err := w.server.COEs.Create(ctx, adm, n)
	w.must(err)
	d := &doc{kind: kind, coe: c, mark: canaryMark + strings.ToLower(kind) + "x"}
	w.docs[kind] = d
	w.texts(d)
	w.rows(d)
	w.actions(d, kind == by)
	w.whys(d)
	w.entries(d)
	w.taken(d)
	if kind != by {
		w.names(d)
	}
	w.history(d)
}

// texts fills every section and an answer.
func (w *world) texts(d *doc) {
	ctx, adm := w.t.Context(), w.person[admin]
	for _, name := range coe.SectionNames {
		for v, word := range []string{"old", "new"} {
			_, err := w.server.COEs.SaveSection(ctx, adm, d.coe.Number, name, int64(v), d.canary("sections", string(name)+word), coe.FromForm)
			w.must(err)
		}
	}
	_, err := w.server.COEs.SaveAnswer(ctx, adm, d.coe.Number, "D1", 0, coe.AnswerEdit{Text: d.canary("answers", "text")})
	w.must(err)
}

func (w *world) rows(d *doc) {
	ctx, adm, s, n := w.t.Context(), w.person[admin], w.server.COEs, d.coe.Number
	x, from := "x", w.clock.Now().Add(-48*time.Hour)
	to := from.Add(time.Hour)
	impact, err := s.AddImpact(ctx, adm, n, coe.ImpactEdit{What: &x, Window: &coe.Window{Start: &from, End: &to}})
	w.must(err)
	lesson, err := s.AddLesson(ctx, adm, n, coe.LessonEdit{Text: &x})
	w.must(err)
	kind := "ticket"
	link, err := s.AddLink(ctx, adm, n, coe.LinkEdit{Type: &kind, Target: &x})
	w.must(err)
	sharing, err := s.AddSharing(ctx, adm, n, coe.SharingEdit{Team: &x})
	w.must(err)
	csv := "time," + d.canary("metrics", "csv") + "\n2026-03-01T10:00:00Z,1\n2026-03-01T10:01:00Z,2\n"
	metric, err := s.AddMetric(ctx, adm, n, coe.MetricEdit{Title: &x, CSV: &csv})
	w.must(err)
	d.impact, d.lesson, d.link, d.sharing, d.metric = impact.Key, lesson.Key, link.Key, sharing.Key, metric.Key
}

// actions makes three: one open, one claimed done, one removed. In documents of
// the owner the assignee owns them and the stranger is to verify; in own
// documents the person owns them.
func (w *world) actions(d *doc, mine bool) {
	ctx, adm, s := w.t.Context(), w.person[admin], w.server.Actions
	by, verifier := w.person[assignee].ID, w.person[stranger].ID
	n := actions.New{COEID: d.coe.ID, Title: "x", Due: "2026-03-05", Priority: "P2", Type: "prevent", OwnerID: &by, VerifierID: &verifier}
	if mine {
		n.OwnerID, n.VerifierID = &d.coe.OwnerID, nil
	}
	var made [3]*actions.Action
	for i := range made {
		a, err := s.Add(ctx, adm, n)
		w.must(err)
		_, err = s.Move(ctx, adm, actions.At{ID: a.ID}, actions.NewDate{Due: "2026-03-06", Reason: "a reason of ten letters"})
		w.must(err)
		made[i] = a
	}
	d.open, d.claimed, d.removed = made[0], made[1], made[2]
	w.exec("UPDATE actions SET due = '2026-02-20', moves = 2 WHERE id = ?", d.open.ID) // for the weekly page
	_, err := s.Done(ctx, adm, actions.At{ID: d.claimed.ID}, actions.Evidence{Kind: "test", Text: "x"})
	w.must(err)
	_, err = s.Delete(ctx, adm, actions.At{ID: d.removed.ID})
	w.must(err)
}

func (w *world) whys(d *doc) {
	ctx, adm, s, n, x := w.t.Context(), w.person[admin], w.server.COEs, d.coe.Number, "x"
	top, err := s.AddWhy(ctx, adm, n, coe.WhyPlace{Root: coe.Happened}, coe.WhyEdit{Text: &x})
	w.must(err)
	leaf, err := s.AddWhy(ctx, adm, n, coe.WhyPlace{Root: coe.Happened, Parent: top.Key}, coe.WhyEdit{Text: &x})
	w.must(err)
	w.must(s.LinkWhy(ctx, adm, n, leaf.Key, d.open.Key))
	w.must(s.LinkLesson(ctx, adm, n, d.lesson, d.open.Key))
	d.why, d.leaf = top.Key, leaf.Key
}

func (w *world) entries(d *doc) {
	x, at := "x", w.clock.Now().Add(-48*time.Hour)
	kind := timeline.Kind("note")
	one := timeline.Edit{When: &timeline.When{At: &at}, Kind: &kind, Text: &x}
	list, err := w.server.Timeline.AddMany(w.t.Context(), w.person[admin], d.coe.ID, []timeline.Edit{one, one, one})
	w.must(err)
	d.entries, d.gone = []string{list[0].Key, list[1].Key}, list[2].Key
	w.must(w.server.Timeline.Delete(w.t.Context(), w.person[admin], d.coe.ID, []string{d.gone}))
}

// names says who stands in which relation to a document of the owner.
func (w *world) names(d *doc) {
	for name, role := range map[string]coe.NamedRole{writer: coe.RoleWriter, reviewer: coe.RoleReviewer, named: coe.RoleNamed, owner: coe.RoleReviewer} {
		w.exec("INSERT INTO coe_people (coe_id, person_id, role) VALUES (?, ?, ?)", d.coe.ID, w.person[name].ID, role)
	}
}

// history makes a revision, a waiver, a sign-off, a step and a file. Documents
// of the owner are in review, but for the deleted one.
func (w *world) history(d *doc) {
	ctx, adm, s, n, now := w.t.Context(), w.person[admin], w.server.COEs, d.coe.Number, w.clock.Now()
	_, err := s.Keep(ctx, adm, n, d.canary("revisions", "name"))
	w.must(err)
	w.must(s.Waive(ctx, adm, n, "L05", "", "x"))
	id := d.coe.ID
	w.exec("INSERT INTO state_changes (coe_id, from_state, to_state, reason, at) VALUES (?, 'draft', 'in_review', 'x', ?)", id, now)
	w.exec("INSERT INTO signoffs (coe_id, person_id, verdict, text, at) VALUES (?, ?, 'changes_requested', 'x', ?)", id, w.person[reviewer].ID, now)
	stored, err := w.server.Files.Put(ctx, strings.NewReader(d.canary("attachments", "bytes")))
	w.must(err)
	d.attachment = "aaaa" + fmt.Sprintf("%04d", id)[:4]
	d.attachment = strings.NewReplacer("0", "b", "1", "c", "8", "d", "9", "e").Replace(d.attachment)
	w.exec("INSERT INTO attachments (coe_id, key, name, sha256, size, content_type, created_at) VALUES (?, ?, 'x', ?, ?, 'text/plain', ?)",
		id, d.attachment, stored.SHA256, stored.Size, now)
	if d.kind == org || d.kind == restricted || d.kind == other {
		w.exec("UPDATE coes SET state = 'in_review', reviewed = TRUE WHERE id = ?", id)
	}
	w.must(w.db.Take(&d.coe, id).Error)
}

// digests leaves everybody a stored digest that tells of an action of every
// document, as if they had had the right to it when it was planned. An action
// is told once per audience and day, so that they differ in these.
func (w *world) digests() {
	told := map[string]string{owner: "coe_owner", admin: "coe_owner", stranger: "verifier", reviewer: "verifier"}
	section := map[string]string{"owner": "overdue", "coe_owner": "your_coes", "verifier": "to_verify"}
	used := map[string]int{}
	for _, who := range signedIn {
		audience := told[who]
		if audience == "" {
			audience = "owner"
		}
		id, day := "digest-"+who, people.DayOf(w.clock.Now(), time.UTC).Add(-used[audience])
		used[audience]++
		w.exec("INSERT INTO deliveries (id, kind, channel, person_id, local_date, dedupe_key, not_before, expires_at, state, created_at) VALUES (?, 'digest', 'inbox', ?, ?, ?, ?, ?, 'sent', ?)",
			id, w.id(who), day, id, w.clock.Now(), w.clock.Now(), w.clock.Now())
		place := 0
		for _, kind := range []string{org, restricted, deleted} {
			for _, a := range []*actions.Action{w.docs[kind].open, w.docs[kind].claimed} {
				place++
				w.exec("INSERT INTO delivery_items (delivery_id, action_id, audience, local_date, section, place, due) SELECT ?, id, ?, ?, ?, ?, due FROM actions WHERE id = ?",
					id, audience, day, section[audience], place, a.ID)
			}
		}
	}
}
