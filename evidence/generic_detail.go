package evidence

import "cmp"

// genericDetail reads what our own form says and no rule needs.
func genericDetail(d node) Detail {
	detail := Detail{
		Hypothesis: d.at("hypothesis").str(), Recovery: d.at("recovery").strs(), Reason: d.first("reason", "failure_reason").str(),
		Strategy: d.at("strategy").str(), Step: d.at("step").str(), Wave: d.at("wave").str(),
		Zone: d.first("zone", "az").str(), Cell: d.at("cell").str(), Initiator: d.first("initiator", "user").str(),
		Severity: d.at("severity").str(), Text: d.first("text", "description", "message").str(),
	}
	if share, ok := d.at("share").num(); ok && share >= 0 && share <= 1 {
		detail.Share = &share
	}
	if minutes, ok := d.at("bake_minutes").num(); ok && minutes >= 0 && minutes < 1e6 {
		detail.BakeMinutes = &minutes
	}
	detail.Automatic = d.at("automatic").maybe()
	for _, one := range d.at("steady_state").list() {
		detail.SteadyState = append(detail.SteadyState, Check{
			Name: one.at("name").str(), Expected: one.at("expected").str(), Before: one.at("before").str(),
			After: one.at("after").str(), Met: one.at("met").maybe(),
		})
	}
	for _, one := range d.at("faults").list() {
		detail.Faults = append(detail.Faults, Fault{
			Action: one.first("action", "name").str(), Params: one.at("params").str(), State: one.at("state").lower(),
			StartedAt: one.at("started_at").time(), EndedAt: one.at("ended_at").time(),
		})
	}
	for _, one := range d.at("guards").list() {
		detail.Guards = append(detail.Guards, Guard{Kind: one.at("kind").str(), Name: one.at("name").str(), FiredAt: one.at("fired_at").time()})
	}
	detail.Targets = genericTargets(d.at("targets"))
	for _, one := range d.at("links").list() {
		address := one.first("url", "href").str()
		detail.link(cmp.Or(one.at("title").str(), "Link"), cmp.Or(address, one.str()))
	}
	detail.link("Source", d.at("url").str())
	return detail
}

func genericTargets(list node) []Target {
	var all []Target
	for _, one := range list.list() {
		if name := one.str(); name != "" {
			all = append(all, Target{ID: name})
			continue
		}
		all = append(all, Target{
			Kind: one.at("kind").str(), ID: one.at("id").str(), Region: one.at("region").str(), Zone: one.first("zone", "az").str(),
			Cell: one.at("cell").str(), Cluster: one.at("cluster").str(), Namespace: one.at("namespace").str(), Account: one.at("account").str(),
		})
	}
	return all
}

// maybe gives a truth value, nil where none is said.
func (n node) maybe() *bool {
	if n.lower() != "true" && n.lower() != "false" {
		return nil
	}
	b := n.truth()
	return &b
}
