package templates

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"
)

// Figures are SVG without a viewBox: x in percent, y and type in px, so that
// type keeps its size on a phone. They carry classes and presentation
// attributes only, never styles, so that the page's CSS, its dark and print
// forms and its CSP apply to them.

// FigureMoment is a key moment on a figure: the same number means the same
// moment in the timeline and in every figure of a document.
type FigureMoment struct {
	N     int // 1 to 7
	At    time.Time
	Label string // what it is called, such as "detected"
}

// FigureAxis is the time that a figure is as wide as. The figures of one
// document share one axis, so that they line up.
type FigureAxis struct {
	From, To time.Time
	Zone     *time.Location // of all that is written; nil means UTC
}

// NewFigureAxis makes an axis that holds all times with some room on both sides
// and begins and ends at round times. Zero times are left out; ok is false when
// there is no other.
func NewFigureAxis(zone *time.Location, times ...time.Time) (axis FigureAxis, ok bool) {
	a := FigureAxis{Zone: zone}
	for _, t := range times {
		if t.IsZero() {
			continue
		}
		if a.From.IsZero() || t.Before(a.From) {
			a.From = t
		}
		if a.To.IsZero() || t.After(a.To) {
			a.To = t
		}
	}
	if a.From.IsZero() {
		return a, false
	}
	room := max(a.To.Sub(a.From)/30, 5*time.Second)
	a.From, a.To = a.From.Add(-room), a.To.Add(room)
	if grid := a.step() / 2; grid > 0 {
		a.From = a.floor(a.From, grid)
		if end := a.floor(a.To, grid); end.Before(a.To) {
			a.To = end.Add(grid)
		}
	}
	return a, true
}

func (a FigureAxis) zone() *time.Location {
	if a.Zone == nil {
		return time.UTC
	}
	return a.Zone
}

func (a FigureAxis) span() time.Duration { return a.To.Sub(a.From) }

// at gives the place of a moment in percent of the width, within 0 and 100.
func (a FigureAxis) at(t time.Time) float64 {
	if a.span() <= 0 {
		return 0
	}
	return min(100, max(0, 100*float64(t.Sub(a.From))/float64(a.span())))
}

// holds reports whether a moment is on the axis.
func (a FigureAxis) holds(t time.Time) bool { return !t.Before(a.From) && !t.After(a.To) }

// How many labels fit on a phone, beside the first: 09:00, and the longer ones
// such as 09:00:30 and 28 Feb.
const (
	maxTicks     = 7
	maxLongTicks = 4
	phoneTicks   = 5 // with more, every other label is left out on a phone
)

var figureSteps = [...]time.Duration{
	time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

// step is the distance between two labels.
func (a FigureAxis) step() time.Duration {
	for _, s := range figureSteps {
		fit := time.Duration(maxTicks)
		if s < time.Minute || s >= 24*time.Hour {
			fit = maxLongTicks
		}
		if a.span() <= fit*s {
			return s
		}
	}
	days := time.Duration(2)
	for a.span() > maxLongTicks*days*24*time.Hour {
		days *= 2
	}
	return days * 24 * time.Hour
}

// floor gives the last multiple of step since local midnight.
func (a FigureAxis) floor(t time.Time, step time.Duration) time.Time {
	local := t.In(a.zone())
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, a.zone())
	if step >= 24*time.Hour {
		return midnight
	}
	return midnight.Add(t.Sub(midnight) / step * step)
}

// ticks gives the labelled times on the axis.
func (a FigureAxis) ticks() []time.Time {
	var all []time.Time
	step := a.step()
	t := a.floor(a.From, step)
	for !t.After(a.To) {
		if !t.Before(a.From) {
			all = append(all, t)
		}
		if step >= 24*time.Hour {
			t = t.AddDate(0, 0, int(step/(24*time.Hour))) // days are not always 24 hours
		} else {
			t = t.Add(step)
		}
	}
	return all
}

// label writes a tick: a day where a day begins, else the time of day.
func (a FigureAxis) label(t time.Time) string {
	local := t.In(a.zone())
	switch {
	case a.step() >= 24*time.Hour, local.Hour() == 0 && local.Minute() == 0 && local.Second() == 0:
		return local.Format("2 Jan")
	case a.step() < time.Minute:
		return local.Format("15:04:05")
	}
	return local.Format("15:04")
}

// clock writes a time for a sentence, with its day where the axis has several.
func (a FigureAxis) clock(t time.Time) string {
	layout := "15:04"
	if a.span() < 5*time.Minute {
		layout = "15:04:05"
	}
	from, to := a.From.In(a.zone()), a.To.In(a.zone())
	if from.Format("2006-01-02") != to.Format("2006-01-02") {
		layout = "2 Jan " + layout
	}
	return t.In(a.zone()).Format(layout)
}

// words says from when to when the axis runs, with its zone.
func (a FigureAxis) words() string {
	return a.clock(a.From) + " to " + a.clock(a.To) + " " + a.zoneName(a.To)
}

func (a FigureAxis) zoneName(t time.Time) string {
	name := t.In(a.zone()).Format("MST")
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		return "UTC" + t.In(a.zone()).Format("-07:00")
	}
	return name
}

// svg writes one figure.
type svg struct{ strings.Builder }

// openSVG begins a figure with its name for those who do not see it.
func openSVG(id string, height int, title, more string) *svg {
	w := &svg{}
	described := ""
	if more != "" {
		described = fmt.Sprintf(` aria-describedby="%s-d"`, esc(id))
	}
	w.put(`<svg class="fig" height="%d" role="img" aria-labelledby="%s"%s><title id="%s">%s</title>`,
		height, esc(id), described, esc(id), esc(title))
	if more != "" {
		w.put(`<desc id="%s-d">%s</desc>`, esc(id), esc(more))
	}
	return w
}

func (w *svg) put(format string, args ...any) { fmt.Fprintf(w, format, args...) }

// html ends the figure. Every text in it went through esc.
func (w *svg) html() template.HTML {
	w.WriteString(`</svg>`)
	return template.HTML(w.String()) //nolint:gosec // built from numbers, our own marks and escaped text
}

func esc(s string) string { return template.HTMLEscapeString(s) }

// pct writes a place with two decimals.
func pct(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) + "%" }

// num writes a px value as short as it is.
func num(v float64) string {
	s := strconv.FormatFloat(v, 'f', 1, 64)
	return strings.TrimSuffix(s, ".0")
}

// band shades a stretch of time.
func (w *svg) band(a FigureAxis, from, to time.Time, y, height int) {
	if from.IsZero() || !to.After(from) {
		return
	}
	x1, x2 := a.at(from), a.at(to)
	w.put(`<rect class="band" x="%s" width="%s" y="%d" height="%d"/>`, pct(x1), pct(x2-x1), y, height)
}

// axis draws the line of time with its labels; it takes 28 px below y.
func (w *svg) axis(a FigureAxis, y int) {
	ticks := a.ticks()
	for i, t := range ticks {
		x, class := a.at(t), "m"
		switch {
		case x < 3:
			class = "s"
		case x > 97:
			class = "e"
		}
		if len(ticks) > phoneTicks && i%2 == 1 {
			class += " hide"
		}
		w.put(`<line class="ax" x1="%s" x2="%s" y1="%d" y2="%d"/><text x="%s" y="%d" class="%s">%s</text>`,
			pct(x), pct(x), y, y+5, pct(x), y+18, class, a.label(t))
	}
	w.put(`<line class="ax" x1="0" x2="100%%" y1="%d" y2="%d"/>`, y, y)
}
