package slackfake

import (
	"encoding/base64"
	"math"
	"strconv"
	"strings"
)

// span bounds the messages that a history call asks for, in microseconds.
type span struct {
	oldest, latest int64
	inclusive      bool
}

func (sp span) holds(ts string) bool {
	at, _ := parseTS(ts)
	if sp.inclusive {
		return at >= sp.oldest && at <= sp.latest
	}
	return at > sp.oldest && at < sp.latest
}

// conversationsHistory gives a page of messages, newest first, without the
// replies in threads.
func (s *Server) conversationsHistory(c *call) (object, *refusal) {
	channel, no := s.conversation(c)
	if no != nil {
		return nil, no
	}
	sp, no := readSpan(c)
	if no != nil {
		return nil, no
	}
	limit, no := readLimit(c.params["limit"])
	if no != nil {
		return nil, no
	}
	before, no := readCursor(c.params["cursor"])
	if no != nil {
		return nil, no
	}
	page := []object{}
	next := ""
	for i := len(s.messages) - 1; i >= 0; i-- {
		m := s.messages[i]
		at, _ := parseTS(m.ts)
		if m.channel != channel || !sp.holds(m.ts) || at > before || m.threadTS != "" && m.threadTS != m.ts && !m.broadcast {
			continue
		}
		if len(page) == limit {
			next = writeCursor(at)
			break
		}
		page = append(page, m.slack(truth(c.params["include_all_metadata"])))
	}
	answer := object{"messages": page, "has_more": next != "", "pin_count": 0, "channel_actions_ts": nil, "channel_actions_count": 0}
	if next != "" {
		answer["response_metadata"] = object{"next_cursor": next}
	}
	if c.params["latest"] != "" {
		answer["latest"] = c.params["latest"]
	}
	return answer, nil
}

func readSpan(c *call) (span, *refusal) {
	sp := span{oldest: -1, latest: math.MaxInt64}
	var ok bool
	if v := c.params["oldest"]; v != "" {
		if sp.oldest, ok = parseTS(v); !ok {
			return sp, blame("invalid_ts_oldest", "oldest is not a ts")
		}
	}
	if v := c.params["latest"]; v != "" {
		if sp.latest, ok = parseTS(v); !ok {
			return sp, blame("invalid_ts_latest", "latest is not a ts")
		}
	}
	sp.inclusive = truth(c.params["inclusive"])
	return sp, nil
}

func readLimit(v string) (int, *refusal) {
	if v == "" {
		return 100, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > 999 {
		return 0, blame("invalid_arguments", "limit is not a number from 1 to 999")
	}
	return n, nil
}

func writeCursor(at int64) string {
	return base64.StdEncoding.EncodeToString([]byte("next_ts:" + strconv.FormatInt(at, 10)))
}

func readCursor(v string) (int64, *refusal) {
	if v == "" {
		return math.MaxInt64, nil
	}
	raw, err := base64.StdEncoding.DecodeString(v)
	digits, found := strings.CutPrefix(string(raw), "next_ts:")
	at, bad := strconv.ParseInt(digits, 10, 64)
	if err != nil || !found || bad != nil {
		return 0, blame("invalid_cursor", "the cursor is not one that was given out")
	}
	return at, nil
}
