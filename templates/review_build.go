package templates

import (
	"fmt"
	"slices"
	"time"

	"coetracker/coe"
)

// NewCheckPage sorts the findings into those that count and those waived.
func NewCheckPage(f Frame, d *coe.Document, findings []coe.Finding, mayEdit bool) CheckPage {
	p := CheckPage{Frame: f, Name: d.COE.Name(), Number: d.COE.Number, Title: d.COE.Title, Blocking: len(coe.Blocking(findings)), MayEdit: mayEdit}
	var counted []FindingView
	for i, x := range byLevel(findings) {
		v := NewFindingView(d, x)
		if x.Waived {
			p.Waived = append(p.Waived, v)
			continue
		}
		counted = append(counted, v)
		p.Findings = append(p.Findings, CheckItem{FindingView: v, N: i + 1, May: mayEdit})
	}
	p.Counts = levelCounts(counted)
	return p
}

// byLevel puts what blocks first and what only informs last.
func byLevel(findings []coe.Finding) []coe.Finding {
	order := map[coe.Level]int{coe.Block: 0, coe.Warn: 1, coe.Inform: 2}
	out := slices.Clone(findings)
	slices.SortStableFunc(out, func(a, b coe.Finding) int { return order[a.Level] - order[b.Level] })
	return out
}

// NewHistoryPage lists everything with the newest first.
func NewHistoryPage(f Frame, d *coe.Document, revisions []coe.Revision, texts []coe.TextChange) HistoryPage {
	p := HistoryPage{Frame: f, Name: d.COE.Name(), Number: d.COE.Number, Title: d.COE.Title}
	when := func(t time.Time) string { return t.In(d.COE.Location()).Format("Mon 2 Jan 2006, 15:04") }
	base := fmt.Sprintf("/coes/%d/history", d.COE.Number)
	for _, s := range d.States {
		what := StateMark(s.ToState).Label
		if s.FromState == s.ToState {
			what = "Published again"
		}
		p.States = append([]HistoryRow{{When: when(s.At), Who: PersonName(d.Person(s.ByID)), What: what, Note: s.Reason}}, p.States...)
	}
	p.States = append(p.States, HistoryRow{When: when(d.COE.CreatedAt), Who: PersonName(d.Person(d.COE.CreatedBy)), What: "Draft"})
	for _, s := range d.Signoffs {
		what := "Approved"
		if s.Verdict == coe.VerdictChanges {
			what = "Asked for changes"
		}
		p.Signoffs = append([]HistoryRow{{When: when(s.At), Who: PersonName(d.People[s.PersonID]), What: what, Note: s.Text}}, p.Signoffs...)
	}
	for _, r := range revisions {
		row := HistoryRow{When: when(r.CreatedAt), Who: PersonName(d.Person(r.CreatedBy)), What: r.Name, Href: fmt.Sprintf("%s/%d", base, r.Number), Note: fmt.Sprintf("Revision %d", r.Number)}
		p.Revisions = append(p.Revisions, row)
	}
	for _, t := range texts {
		who := t.ByName
		if who == "" {
			who = "unknown"
		}
		p.Texts = append(p.Texts, HistoryRow{When: when(t.At), Who: who, What: fmt.Sprintf("%s, rev %d", sectionWord(t.Section), t.Version), Href: fmt.Sprintf("/coes/%d/texts/%s/%d", d.COE.Number, t.Section, t.Version), Note: originWord(t.Origin)})
	}
	return p
}

func sectionWord(name coe.SectionName) string {
	for _, p := range editParts {
		if p.section == name {
			return p.heading
		}
	}
	return string(name)
}

// originWord says how a change came, when not by the form.
func originWord(o coe.Origin) string {
	switch o {
	case coe.FromForm, coe.FromLive:
		return ""
	case coe.FromRestore:
		return "an earlier text again"
	case coe.FromCLI:
		return "by command line"
	}
	return "by " + string(o)
}

// NewRevisionPage compares a revision's file with that of the one before.
func NewRevisionPage(f Frame, d *coe.Document, r, before coe.Revision) RevisionPage {
	f.Zone = d.COE.Zone
	p := RevisionPage{Frame: f, Name: d.COE.Name(), Number: d.COE.Number, Heading: r.Name, Text: string(r.Bytes), Against: "Compared with nothing: it is the first."}
	p.Facts = []Fact{
		{"Revision", fmt.Sprint(r.Number)},
		{"Kept", r.CreatedAt.In(d.COE.Location()).Format("Mon 2 Jan 2006, 15:04:05")},
		{"By", PersonName(d.Person(r.CreatedBy))},
		{"SHA-256 begins", r.SHA256[:min(16, len(r.SHA256))]},
	}
	if before.ID != 0 {
		p.Against = fmt.Sprintf("Compared with “%s”, revision %d.", before.Name, before.Number)
		p.Hunks = Hunks(string(before.Bytes), string(r.Bytes))
	}
	return p
}

// NewTextPage compares two versions of one section's text.
func NewTextPage(f Frame, d *coe.Document, section coe.SectionName, version int64, before, text string) RevisionPage {
	f.Zone = d.COE.Zone
	return RevisionPage{
		Frame: f, Name: d.COE.Name(), Number: d.COE.Number, Heading: fmt.Sprintf("%s, rev %d", sectionWord(section), version),
		Against: fmt.Sprintf("Compared with rev %d.", version-1), Hunks: Hunks(before, text), Text: text,
	}
}
