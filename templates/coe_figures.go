package templates

import (
	"html/template"
	"time"

	"coetracker/coe"
)

// MetricView is one stored series as a graph and as a table.
type MetricView struct {
	Key, Title, Caption, Live, Zone string
	SVG                             template.HTML
	Points                          int
	Names                           []string
	Rows                            [][]string
}

func eventFigure(d *coe.Document, t Targets) (template.HTML, string) { return "", "" }

func coverStrip(d *coe.Document, most time.Duration) template.HTML { return "" }

func metricViews(d *coe.Document) []MetricView { return nil }
