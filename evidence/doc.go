// Package evidence is what tools say about an event: chaos experiments,
// deployments, rollbacks, alarms, incidents and metric series. Each tool has one
// file that turns its messages into records; records about the same thing are
// folded into one item, whatever their order of arrival.
//
// A tool's state (did it run) and its outcome (what it showed) are kept apart,
// and what a tool says never overwrites what a person said.
package evidence
