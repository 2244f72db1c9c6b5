package evidence

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// deployTools are the tools that deploy and roll back, and the alarms of Amazon
// CloudWatch, which come through the same envelopes.
func deployTools() []tool {
	return []tool{
		ecsTool(), codeDeployTool(), codePipelineTool(), cloudWatchTool(),
		argoRolloutsTool(), argoCDTool(), flaggerTool(), fluxTool(), spinnakerTool(),
	}
}

// awsEvent is what EventBridge events and notification rules have in common;
// the latter spell detail-type otherwise and have no id.
type awsEvent struct {
	source    string
	kind      string // detail-type
	detail    node
	at        *time.Time // of the envelope, in whole seconds
	region    string
	resources []string
}

func readAWSEvent(m message) awsEvent {
	doc := m.doc
	if !doc.has("detail") { // a rule that passes on the detail alone
		return awsEvent{detail: doc, at: m.at, region: m.region}
	}
	return awsEvent{
		source: doc.at("source").str(), kind: doc.first("detail-type", "detailType").str(), detail: doc.at("detail"),
		at: firstTime(doc.at("time").time(), m.at), region: doc.at("region").str(), resources: doc.at("resources").strs(),
	}
}

// isAWSEvent reports whether a message is an event of this source, as aws.ecs, or
// the detail of one, which has these keys.
func isAWSEvent(m message, source string, keys ...string) bool {
	if !m.doc.has("detail") {
		return len(keys) > 0 && m.doc.has(keys...)
	}
	e := readAWSEvent(m)
	return strings.EqualFold(e.source, source) && e.kind != "" && e.detail.isObject()
}

// resource gives the first resource whose ARN holds this text.
func (e awsEvent) resource(part string) string {
	for _, r := range e.resources {
		if strings.Contains(r, part) {
			return r
		}
	}
	return ""
}

// arnRegion gives the region of an ARN, "" where it has none.
func arnRegion(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 && parts[0] == "arn" {
		return parts[3]
	}
	return ""
}

// arnTail gives what follows the account in an ARN.
func arnTail(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 && parts[0] == "arn" {
		return parts[5]
	}
	return ""
}

// afterLast gives what follows the last separator, the whole text without one.
func afterLast(s, separator string) string {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[i+len(separator):]
	}
	return s
}

// aliases gives these names once each, without empty ones.
func aliases(names ...string) []string {
	var all []string
	for _, n := range names {
		if n != "" && !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	return all
}

// glued joins the parts that are not empty.
func glued(separator string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), separator)
}

// webLink gives a link when the address leads to the web, else none.
func webLink(title, address string) []Link {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://") {
		return nil
	}
	return []Link{{Title: title, URL: address}}
}

// shareOf gives part of whole as a share, nil where it makes none.
func shareOf(part, whole float64) *float64 {
	if whole <= 0 || part < 0 || part > whole {
		return nil
	}
	share := part / whole
	return &share
}

// percent gives a percentage as a share, nil where there is none.
func (n node) percent() *float64 {
	p, ok := n.num()
	if !ok {
		return nil
	}
	return shareOf(p, 100)
}

// minutes gives a number of minutes, nil where there is none.
func (n node) minutes() *float64 {
	f, ok := n.num()
	if !ok || f < 0 || f > 1e6 {
		return nil
	}
	return &f
}

// automatic tells for a cause whether a machine decided; nil where it is not known.
func automatic(trigger string) *bool {
	if trigger == "" {
		return nil
	}
	machine := trigger != "manual"
	return &machine
}

var (
	alarmWords    = regexp.MustCompile(`(?i)\balarms?\b`)
	breakerWords  = regexp.MustCompile(`(?i)circuit[ -]?breaker`)
	analysisWords = regexp.MustCompile(`(?i)analysis|metric|failed checks threshold|assessed|canary score`)
	healthWords   = regexp.MustCompile(`(?i)health|timed out|deadline|timeout|failed to start`)
	manualWords   = regexp.MustCompile(`(?i)manual|\bby (a )?user\b|user request|\bstopped by\b|on request`)
	rollbackWords = regexp.MustCompile(`(?i)\broll(ing|ed|s)?[ -]?back\b`)
)

// triggerIn finds in a tool's own words what made it stop or roll back, "" where
// they do not tell.
func triggerIn(text string) string {
	switch {
	case breakerWords.MatchString(text):
		return "circuit_breaker"
	case alarmWords.MatchString(text):
		return "alarm"
	case analysisWords.MatchString(text):
		return "analysis"
	case manualWords.MatchString(text):
		return "manual"
	case healthWords.MatchString(text):
		return "health"
	}
	return ""
}

// keep adds a record, if the tool gave the thing a name to know it by.
func keep(out *result, r Record) {
	if r.ExternalID == "" {
		out.ignore("", r.State)
		return
	}
	if r.Type != TypeAlarm {
		r.place()
	}
	out.add(r)
}

var (
	waveForm = regexp.MustCompile(`(?i)\bwave[-_ ]?([0-9]+|one|two|three)\b`)
	cellForm = regexp.MustCompile(`(?i)\bcell[-_ ]?([0-9]+|[a-z])\b`)
	zoneForm = regexp.MustCompile(`\b([a-z]{2}(?:-[a-z]+)+-[0-9][a-z])\b`)
)

// place finds the wave, cell and zone in the names that people gave to groups,
// stages and clusters, as checkout/prod-wave-2 or cell-7.
func (r *Record) place() {
	names := strings.ReplaceAll(strings.Join(append([]string{r.Environment, r.Detail.Step, r.Service}, r.Names...), "\n"), "_", "-")
	for form, field := range map[*regexp.Regexp]*string{waveForm: &r.Detail.Wave, cellForm: &r.Detail.Cell, zoneForm: &r.Detail.Zone} {
		if found := form.FindStringSubmatch(names); found != nil && *field == "" {
			*field = strings.ToLower(found[1])
		}
	}
}
