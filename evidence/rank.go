package evidence

import (
	"strings"
	"time"
)

// ranks are the words of tools for where a thing stands, in lower case, without
// blanks, hyphens and underscores.
var ranks = map[string]Rank{
	"planned": RankPending, "pending": RankPending, "queued": RankPending, "created": RankPending, "waiting": RankPending, "awaited": RankPending, "requested": RankPending,
	"initiating": RankStarting, "initialized": RankStarting, "starting": RankStarting, "started": RankStarting, "ready": RankStarting, "prepared": RankStarting,
	"running": RankRunning, "inprogress": RankRunning, "progressing": RankRunning, "promoting": RankRunning, "finalising": RankRunning, "baking": RankRunning,
	"firing": RankRunning, "alarm": RankRunning, "triggered": RankRunning, "acknowledged": RankRunning, "active": RankRunning, "resumed": RankRunning,
	"stopping": RankStopping, "stoprequested": RankStopping, "rollbackrequested": RankStopping, "rollbackinprogress": RankStopping, "canceling": RankStopping, "cancelling": RankStopping,
	"completed": RankEnded, "complete": RankEnded, "succeeded": RankEnded, "successful": RankEnded, "success": RankEnded, "healthy": RankEnded, "finished": RankEnded, "done": RankEnded,
	"failed": RankEnded, "failure": RankEnded, "error": RankEnded, "errored": RankEnded, "degraded": RankEnded, "terminal": RankEnded,
	"stopped": RankEnded, "cancelled": RankEnded, "canceled": RankEnded, "aborted": RankEnded, "interrupted": RankEnded, "superseded": RankEnded, "inactive": RankEnded,
	"resolved": RankEnded, "ok": RankEnded, "closed": RankEnded,
	"rolledback": RankRefined, "rollbacksuccessful": RankRefined, "rollbackfailed": RankRefined, "deviated": RankRefined,
}

// RankOf tells how far a thing has come by the tool's word for it; a word that
// is not known ranks as running.
func RankOf(state string) Rank {
	state = strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(state))
	if state == "" {
		return RankNone
	}
	if r, ok := ranks[state]; ok {
		return r
	}
	return RankRunning
}

// Ended reports whether nothing more is to be expected, except a refinement.
func (r Rank) Ended() bool { return r >= RankEnded }

func firstTime(times ...*time.Time) *time.Time {
	for _, t := range times {
		if t != nil {
			return t
		}
	}
	return nil
}
