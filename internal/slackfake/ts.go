package slackfake

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var tsForm = regexp.MustCompile(`^\d{1,12}(\.\d{1,6})?$`)

// nextTS gives the id of a new message: seconds and microseconds of now, and
// always later than the one before, also within one microsecond and when the
// clock steps back. The caller holds the lock.
func (s *Server) nextTS() string {
	s.lastMicro = max(s.lastMicro+1, s.now().UnixMicro())
	return formatTS(s.lastMicro)
}

func formatTS(micro int64) string {
	return fmt.Sprintf("%d.%06d", micro/1_000_000, micro%1_000_000)
}

// parseTS reads a ts as microseconds. Whole seconds are taken too, as Slack does.
func parseTS(ts string) (int64, bool) {
	if !tsForm.MatchString(ts) {
		return 0, false
	}
	seconds, fraction, _ := strings.Cut(ts, ".")
	sec, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return 0, false
	}
	frac, err := strconv.ParseInt((fraction + "000000")[:6], 10, 64)
	return sec*1_000_000 + frac, err == nil
}
