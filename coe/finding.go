package coe

// Level says what a finding of the checker means for the document.
type Level string

// The levels: Block keeps a document out of review, the others only speak.
const (
	Block  Level = "block"
	Warn   Level = "warn"
	Inform Level = "inform"
)

// Finding is one thing the checker noticed. The same document always gives
// the same findings.
type Finding struct {
	Rule          string // L01 to L35
	Level         Level
	Place         string // a section's name, or a row as part/key; "" for the header
	Line          int    // line within the section's text, from 1; 0 for the whole place
	Reason        string // what is the case, in a sentence
	Fix           string // what to do about it, in a sentence
	Waived        bool
	WaivedBecause string
}

// Blocks reports whether the finding keeps the document out of review.
func (f Finding) Blocks() bool { return f.Level == Block && !f.Waived }

// Blocking picks the findings that keep a document out of review.
func Blocking(findings []Finding) []Finding {
	var out []Finding
	for _, f := range findings {
		if f.Blocks() {
			out = append(out, f)
		}
	}
	return out
}

// Waive marks the findings that somebody lifted. A waiver without a place
// lifts its rule everywhere.
func (d *Document) Waive(findings []Finding) []Finding {
	for i, f := range findings {
		for _, w := range d.Waivers {
			if w.Rule == f.Rule && (w.Place == "" || w.Place == f.Place) {
				findings[i].Waived, findings[i].WaivedBecause = true, w.Reason
			}
		}
	}
	return findings
}
