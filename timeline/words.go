package timeline

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// meaning is a kind and the phrases that speak for it. A phrase begins and
// ends at a word; one that ends in a star may go on.
type meaning struct {
	kind    Kind
	how     string
	phrases []string
}

// kindPhrases lists the phrases, the surest kinds first.
func kindPhrases() []meaning {
	return []meaning{
		{ImpactStart, "", []string{"outage begins", "outage began", "outage starts", "outage started", "outage start", "start of outage", "start of incident", "incident begins", "incident began", "incident starts", "incident started", "impact begins", "impact began", "impact starts", "impact started", "start of impact", "impact start", "problem starts", "problem started", "problems start", "problems started", "problem began", "issue starts", "issue started", "issue began", "reaches 0", "drops to zero", "dropped to zero", "degradation begins", "begins to drop", "begin to drop", "begin to fail", "begins to fail", "began to fail", "began failing", "started failing", "start failing", "starts failing", "stopped working", "stops working", "errors begin", "errors start*", "first error*", "first failure*", "first failed", "first 500", "first 502", "first 503", "first 504", "first 5xx"}},
		{Resolved, "", []string{"outage ends", "outage ended", "end of outage", "outage to an end", "outage is over", "outage over", "incident is resolved", "incident repaired and resolved", "incident declared resolved", "incident was resolved", "incident resolved", "incident closed", "incident is closed", "incident ended", "incident ends", "incident is over", "end of incident", "issue resolved", "issue is resolved", "issue was resolved", "fully resolved", "fully restored", "fully recovered", "full recovery", "service restored", "services restored", "service is restored", "service was restored", "all clear", "back to normal", "returns to normal", "returned to normal", "return to normal", "back to their normal", "back to its normal", "at its usual", "usual rate", "problem solved", "problem resolved", "declared resolved", "marked as resolved", "impact ends", "impact ended", "end of impact"}},
		{Mitigated, "", []string{"mitigated", "incident repaired", "incident is repaired", "mitigation complete*", "stabilised", "stabilized", "is functional", "functional again", "working again", "works again", "back online", "is back up", "are back up", "was back up", "were back up", "came back up", "back up and running", "is back", "are back", "up again", "online again", "recovered", "recovers", "began recovering", "operational", "resolved", "error rate drop*", "errors drop*", "goes away", "went away", "service resumes", "service resumed", "successfully again"}},
		{MitigationStart, "", []string{"rollback start*", "rollback begin*", "starts rolling back", "started rolling back", "begins rolling back", "rolling back", "mitigation start*", "mitigation began", "mitigation efforts", "begins migrating", "starts reverting", "begin reverting", "started reverting", "failover start*", "begins failover", "restart of the*"}},
		{Alarm, ByAlarm, []string{"fired", "fires", "alerts fire", "alert triggered", "alerts triggered", "alarm*", "pagerduty", "opsgenie", "alert from", "alerts from", "paged", "pages the", "pages on-call", "alerted by", "received an alert", "alerting"}},
		{Detected, ByCanary, []string{"canary fails", "canary failed", "canary alarm*", "synthetic check*"}},
		{Detected, ByCustomer, []string{"first report*", "users report*", "user report*", "customers report*", "customer report*", "report from a user", "reported by user*", "reported by customer*", "reported by others", "support ticket*", "customer ticket*", "users noticed", "customers noticed", "report of", "reports of", "reported by", "reported a", "reported an", "report problems", "report in", "report says", "report from"}},
		{Detected, "", []string{"detected", "detects", "noticed", "notices", "notice that", "notice drop", "notice a", "notice an", "observed", "first seen", "reports that", "reports on", "reports high", "reported that", "reported on", "problem is identified", "problem identified", "spotted", "becomes aware", "became aware", "team alerted", "alerted to"}},
		{Engaged, "", []string{"incident declared", "incident is declared", "declared an incident", "declared as an incident", "declared this as an incident", "declares incident", "declare incident", "war room", "joins", "joined the", "acknowledge*", "acked", "on-call engaged", "investigation start*", "investigations start*", "started investigat*", "starts investigat*", "began investigat*", "begins investigat*", "start investigating", "assumes incident lead", "incident lead", "incident commander", "loops in", "looped in", "escalate*"}},
		{Decision, "", []string{"decision", "decided", "decide to", "decides", "agreed to", "we agree"}},
		{Diagnosis, "", []string{"root cause", "identified", "determine*", "diagnos*", "found that", "found the", "figured out", "realis*", "realiz*", "suspect*", "culprit", "hypothes*", "turns out", "confirmed that", "investigat*", "discovered"}},
		{Comms, "", []string{"comms", "announce*", "status page", "statuspage", "posted on", "posted to", "posted in", "informed users", "informed customers", "notified", "communicat*", "tweet*", "e-mail sent", "email sent", "emailed"}},
		{Change, "", []string{"deploy*", "merged", "merges", "released", "rolled back", "rolls back", "rollback", "reverted", "revert", "upgrade*", "applied", "applies", "config change*", "configuration change*", "migrat*", "restarted", "restarts", "scaled", "scaling", "patched", "hotfix*", "updated", "changed"}},
	}
}

// GuessKind proposes a kind for what an entry says, and how the event was
// detected where the words tell. A text that says nothing clear is a note.
// It is a proposal for a person to confirm, never stored by itself as a fact.
func GuessKind(text string) (k Kind, how string) {
	low := " " + plainWords(clipBytes(text, 400)) + " "
	if strings.TrimSpace(low) == "resolved" { // alone it speaks of the event; in a sentence, of anything
		return Resolved, ""
	}
	for _, m := range kindPhrases() {
		for _, p := range m.phrases {
			if saysWithoutNot(low, p) {
				return m.kind, m.how
			}
		}
	}
	return Note, ""
}

// Says reports whether a text holds one of the phrases at word bounds, with
// no "not" or "no" right before it. Case and punctuation do not matter; a
// phrase that ends in a star may go on.
func Says(text string, phrases ...string) bool {
	low := " " + plainWords(text) + " "
	for _, p := range phrases {
		if saysWithoutNot(low, p) {
			return true
		}
	}
	return false
}

func saysWithoutNot(low, phrase string) bool {
	stem, open := strings.CutSuffix(phrase, "*")
	for from := 0; ; {
		i := strings.Index(low[from:], stem)
		if i < 0 {
			return false
		}
		i += from
		end := i + len(stem)
		bounded := i > 0 && low[i-1] == ' ' && (open || end < len(low) && low[end] == ' ')
		if bounded && !negated(low[:i-1]) {
			return true
		}
		from = i + 1
	}
}

func negated(before string) bool {
	for _, no := range []string{" not", " no", " never", " isn't", " wasn't", " unable to", " if", " until", " whether", " not yet", " not been", " failed to", " without", " n't"} {
		if strings.HasSuffix(before, no) {
			return true
		}
	}
	return false
}

// plainWords lowers a text and turns punctuation into blanks, so that phrases
// match across commas, bold marks and line ends.
func plainWords(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	blank := true
	for _, r := range s {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '\'' || r == '-':
			b.WriteRune(unicode.ToLower(r))
			blank = false
		case r == '’':
			b.WriteByte('\'')
		case !blank:
			b.WriteByte(' ')
			blank = true
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// clipBytes cuts a text to at most n bytes at a rune bound.
func clipBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
