// Package slackfake stands in for Slack, strictly.
//
// It answers the nine Web API methods the program uses as Slack would, keeps
// what was posted, calls the program back with signed interactions when
// somebody presses a button or submits a modal, and shows each person's
// messages on a page with working buttons. It refuses more than Slack does: a
// parameter a method does not list, a post to a person instead of a
// conversation, a text that Slack would cut in two. Each ill-formed call is
// kept and listed under /_fake/problems. State lives in memory.
//
// # Routes
//
//	POST   /api/{method}              form or, where Slack takes it, JSON; reading methods also by GET
//	POST   /actions/{team}/{id}/{key} a response_url: five uses, thirty minutes
//	POST   /_fake/users               [{id,name,email,tz,deleted}], adds or replaces by id (U… or W…)
//	GET    /_fake/users
//	POST   /_fake/channels            [{id,name}], GET lists them
//	GET    /_fake/messages            ?user=&since=: later than since, oldest first
//	GET    /_fake/ephemeral           ?user=: what response_urls showed to one person only
//	POST   /_fake/press               {channel,ts,action_id,user[,block_id][,value]} or {view_id,action_id,user}
//	POST   /_fake/submit              {view_id,values,user}
//	POST   /_fake/faults              [{method,kind,after,times}], appends; [] or DELETE clears, GET lists
//	GET    /_fake/problems            [] when every call was well formed
//	GET    /                          the page
//
// Press and submit answer {status, body, view}: the program's status and body,
// and the view that the program opened or updated meanwhile, or null. A status
// of 0 with a field error means that the program did not answer in time. Press
// takes the first element with the action_id unless block_id tells which; value
// chooses the option of a menu or the day of a date picker.
//
// The values of submit may have Slack's own shape, {block_id: {action_id:
// {…}}}, where the innermost may also be the bare value, or be flat:
// {action_id: "value"} or {block_id: "value"}. A text is the text typed, a date
// is 2006-01-02, a choice is the value of its option, check boxes are a list of
// such values, null empties a field. What is not named keeps its initial value.
// Submit does not check required fields, as a forged submission would not; the
// page does.
//
// # Faults
//
// Unknown fields of a fault are refused, of the other controls passed over.
//
// A fault hits `times` calls (1 when left out) of its method ("*": any) after
// letting `after` calls pass. Its kind is one of
//
//	ok            answers properly; uses up the call
//	429           HTTP 429; retry_after is a number of seconds (30), a string sent as it is, or "" for no header
//	ratelimited   200 with ok false
//	500 502 503 504
//	              refused; with _after, as in 503_after, accepted and then answered so
//	drop_before   hangs up without accepting
//	drop_after    accepts, then hangs up
//	slow          accepts after `seconds` (5), whether or not the caller still waits
//	truncated     accepts, then sends half of the answer
//	html          200 with a page of HTML, not accepted
//	empty         200 with {}, not accepted
//	ok_false      {"ok":false} without an error, not accepted
//
// where _after and _before may be added to the last four to choose. Any other
// word is a Slack error, such as channel_not_found or invalid_auth, answered as
// {"ok":false,"error":…}. Faults are no problems: the caller is not to blame.
package slackfake
