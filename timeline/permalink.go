package timeline

import (
	"strings"
	"time"
)

// PermalinkTime reads the moment of a message from its Slack permalink, whose
// last part is Unix time in microseconds. ok is false for any other address.
func PermalinkTime(url string) (at time.Time, ok bool) {
	_, tail, found := strings.Cut(url, "/archives/")
	if !found {
		return time.Time{}, false
	}
	channel, message, found := strings.Cut(tail, "/p")
	if !found || channel == "" || strings.ContainsAny(channel, "/?# \n") || len(message) < 16 {
		return time.Time{}, false
	}
	micros := int64(0)
	for i := range 16 {
		d := message[i]
		if d < '0' || d > '9' {
			return time.Time{}, false
		}
		micros = micros*10 + int64(d-'0')
	}
	if len(message) > 16 && message[16] >= '0' && message[16] <= '9' || micros < 1e15 {
		return time.Time{}, false
	}
	return time.UnixMicro(micros).UTC(), true
}

// Permalinks finds the Slack permalinks of a text, in order, and gives the
// moments they carry.
func Permalinks(text string) []time.Time {
	var out []time.Time
	for {
		i := strings.Index(text, "/archives/")
		if i < 0 {
			return out
		}
		end := len(text)
		if k := strings.IndexAny(text[i:], " \n\t)>]\""); k >= 0 {
			end = i + k
		}
		if at, ok := PermalinkTime(text[i:end]); ok {
			out = append(out, at)
		}
		text = text[i+len("/archives/"):]
	}
}
