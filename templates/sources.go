package templates

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"coetracker/evidence"
)

// SourcesPage lists the addresses that tools send to.
type SourcesPage struct {
	Frame
	Views []ViewLink
	Rows  []SourceRow
	Add   Form
}

// Sources is the page of SourcesPage.
var Sources = page[SourcesPage]("sources.html")

// SourceRow is one source of a list.
type SourceRow struct {
	Name, Href string
	Tool       string
	Verified   string
	Last       string
	State      SourceState
}

// SourceState says how a source is doing.
type SourceState struct{ Class, Label string }

// verifierWords name the ways to verify.
func verifierWords(v string) string {
	return map[string]string{
		evidence.VerifyNone: "by its address alone", evidence.VerifyHeader: "by a header with a fixed value", evidence.VerifyBasic: "by user and password",
		evidence.VerifyGitHub: "by GitHub's signature", evidence.VerifyGitLab: "by GitLab's signature or token", evidence.VerifyPagerDuty: "by PagerDuty's signature",
		evidence.VerifyGrafana: "by Grafana's signature", evidence.VerifyFlux: "by Flux's signature", evidence.VerifySNS: "by the signature of Amazon SNS",
		evidence.VerifyStandard: "by a Standard Webhooks signature",
	}[v]
}

// VerifierOptions are the ways to verify as choices.
func VerifierOptions(chosen string) []Option {
	var out []Option
	for _, v := range evidence.Verifiers() {
		out = append(out, Option{Value: v, Label: verifierWords(v), Selected: v == chosen})
	}
	return out
}

// failing is from how many refusals on a source is said to fail.
const failing = 1

func sourceState(src *evidence.Source) SourceState {
	switch {
	case src.TokenHash == nil:
		return SourceState{"open", "takes files"}
	case src.DisabledAt != nil:
		return SourceState{"declined", "disabled"}
	case src.Failures >= failing:
		return SourceState{"failed", "is failing authentication"}
	case src.ReceivedAt == nil:
		return SourceState{"open", "nothing has come yet"}
	}
	return SourceState{"verified", "works"}
}

// NewSources builds the list.
func NewSources(f Frame, list []evidence.Source, add Form, n EvidenceNames) SourcesPage {
	p := SourcesPage{Frame: f, Add: add}
	for i := range list {
		src := &list[i]
		p.Rows = append(p.Rows, SourceRow{
			Name: src.Name, Href: sourcePath(src.ID), Tool: toolOrAny(src), Verified: verifierWords(src.Verifier), Last: n.lastly(src.ReceivedAt), State: sourceState(src),
		})
	}
	return p
}

func toolOrAny(src *evidence.Source) string {
	if src.Tool == "" {
		return "every tool"
	}
	return ToolWord(src.Tool)
}

func sourcePath(id int64) string { return fmt.Sprintf("/sources/%d", id) }

func (n EvidenceNames) lastly(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return n.when(t)
}

// SourcePage is one source: how it does, what came, and how to set it up.
type SourcePage struct {
	Frame
	ID            int64
	Name          string
	Version       int64
	State         SourceState
	Files         bool // it has no address
	Disabled      bool
	Failures      string // the banner, "" while all is well
	Address       string // shown once
	Secret        string // shown once
	Facts         []Fact
	Rotating      bool
	HasSecret     bool
	MakesSecret   bool // a new one can be made here
	SecretHint    string
	SecretError   string
	Confirmations []ConfirmRow
	Rows          []DeliveryRow
	Older         string // address of the next page
	Settings      Form
	Setups        []evidence.Setup
	NoSecret      bool // it is verified by its address alone
	Placeholder   bool // the snippets hold no address
}

// SourceOne is the page of SourcePage.
var SourceOne = page[SourcePage]("source.html")

// ConfirmRow is a subscription of Amazon SNS that asks for a confirmation.
type ConfirmRow struct{ When, Text, Failure, Link string }

// DeliveryRow is one delivery of a list.
type DeliveryRow struct {
	Href    string
	When    string
	Tool    string
	Size    string
	State   SourceState
	Said    string // what went wrong, or what came of it
	Repeats string
}

func deliveryState(s evidence.DeliveryState) SourceState {
	switch s {
	case evidence.Received:
		return SourceState{"open", "waits to be read"}
	case evidence.Projected:
		return SourceState{"verified", "read"}
	case evidence.Failed:
		return SourceState{"failed", "could not be read"}
	}
	return SourceState{"declined", "nothing of use in it"}
}

// NewSource builds the page of a source.
func NewSource(f Frame, src *evidence.Source, deliveries, confirmations []evidence.Delivery, n EvidenceNames) SourcePage {
	p := SourcePage{
		Frame: f, ID: src.ID, Name: src.Name, Version: src.Version, State: sourceState(src), Files: src.TokenHash == nil, Disabled: src.DisabledAt != nil,
		Rotating: src.Token2Hash != nil || len(src.Secret2) > 0, HasSecret: len(src.Secret) > 0,
		NoSecret:    src.Verifier == evidence.VerifyNone,
		MakesSecret: src.Verifier != evidence.VerifyPagerDuty && src.Verifier != evidence.VerifyBasic,
	}
	if src.Failures >= failing && src.DisabledAt == nil {
		p.Failures = fmt.Sprintf("This source is failing authentication: %s refused since the last good one, the last on %s. Reason: %s.",
			plural(int(src.Failures), "delivery", "deliveries"), n.lastly(src.FailedAt), strings.TrimSuffix(src.Failure, "."))
	}
	p.SecretHint = "Leave it empty to have one made here."
	if !p.MakesSecret {
		p.SecretHint = "Paste the new one."
	}
	p.Facts = []Fact{{"Tool", toolOrAny(src)}, {"Last delivery", n.lastly(src.ReceivedAt)}}
	if !p.Files {
		p.Facts = append(p.Facts, Fact{"Address ends with", src.TokenHint}, Fact{"Verified", verifierWords(src.Verifier)})
		if src.Header != "" {
			p.Facts = append(p.Facts, Fact{"Header", src.Header})
		}
		if src.Allowed != "" {
			p.Facts = append(p.Facts, Fact{"Takes only", strings.Join(strings.Fields(src.Allowed), ", ")})
		}
	}
	if service := n.service(src.ServiceID, ""); service != "" {
		p.Facts = append(p.Facts, Fact{"Service of what names none", service})
	}
	for i := range confirmations {
		d := &confirmations[i]
		p.Confirmations = append(p.Confirmations, ConfirmRow{When: n.when(&d.ReceivedAt), Text: orText(d.Warnings, "It is being confirmed."), Failure: d.Failure, Link: d.ConfirmLink()})
	}
	for i := range deliveries {
		p.Rows = append(p.Rows, deliveryRow(src.ID, &deliveries[i], n))
	}
	return p
}

func deliveryRow(source int64, d *evidence.Delivery, n EvidenceNames) DeliveryRow {
	r := DeliveryRow{
		Href: fmt.Sprintf("/sources/%d/deliveries/%d", source, d.ID), When: n.exact(d.ReceivedAt), Tool: ToolWord(d.Tool), Size: bytesWord(d.Size), State: deliveryState(d.State), Said: d.Failure,
	}
	if r.Said == "" && d.Warnings != "" {
		r.Said = lines(d.Warnings)[0]
	}
	if r.Said == "" && d.Records > 0 {
		r.Said = plural(int(d.Records), "record", "records")
	}
	if d.Repeats > 0 {
		r.Repeats = "sent " + plural(int(d.Repeats)+1, "time", "times")
	}
	return r
}

func (n EvidenceNames) exact(t time.Time) string {
	return t.In(n.Zone).Format("Mon 2 Jan 2006, 15:04:05")
}

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func bytesWord(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}

// DeliveryPage shows one delivery as it was stored, as text.
type DeliveryPage struct {
	Frame
	Source, Back string
	State        SourceState
	Facts        []Fact
	Warnings     []string
	Headers      []Fact
	Body         string
	Shortened    bool // Body is the beginning only
}

// DeliveryOne is the page of DeliveryPage.
var DeliveryOne = page[DeliveryPage]("delivery.html")

// shownBody is how much of a body is shown.
const shownBody = 256 << 10

// NewDelivery builds the page of a delivery.
func NewDelivery(f Frame, src *evidence.Source, d *evidence.Delivery, n EvidenceNames) DeliveryPage {
	p := DeliveryPage{Frame: f, Source: src.Name, Back: sourcePath(src.ID), State: deliveryState(d.State), Warnings: lines(d.Warnings)}
	p.Facts = []Fact{{"Received", n.exact(d.ReceivedAt)}, {"Tool", ToolWord(d.Tool)}, {"Size as it arrived", bytesWord(d.Size)}, {"Key", d.DedupeKey}}
	if d.Name != "" {
		p.Facts = append(p.Facts, Fact{"Name", d.Name})
	}
	if by := n.person(d.ByID); by != "" {
		p.Facts = append(p.Facts, Fact{"Added by", by})
	}
	if d.ProjectedAt != nil {
		p.Facts = append(p.Facts, Fact{"Read", n.exact(*d.ProjectedAt)}, Fact{"Records", itoa(int(d.Records))})
	}
	if d.Repeats > 0 {
		p.Facts = append(p.Facts, Fact{"Repeats", itoa(int(d.Repeats))})
	}
	if d.Failure != "" {
		p.Warnings = append([]string{d.Failure}, p.Warnings...)
	}
	for _, name := range sortedKeys(d.KeptHeaders()) {
		p.Headers = append(p.Headers, Fact{name, d.KeptHeaders().Get(name)})
	}
	body := d.Body
	if p.Shortened = len(body) > shownBody; p.Shortened {
		body = body[:shownBody]
	}
	p.Body = printable(body)
	return p
}

// printable is a body as text: what is no text is shown as a mark.
func printable(body []byte) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case r < ' ', r >= 0x7f && r < 0xa0, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return utf8.RuneError
		}
		return r
	}, strings.ReplaceAll(strings.ToValidUTF8(string(body), string(utf8.RuneError)), "\r\n", "\n"))
}

func sortedKeys(h evidence.Header) []string {
	keys := make([]string, 0, len(h))
	for k := range h {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
