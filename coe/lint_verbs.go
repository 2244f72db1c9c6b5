package coe

import (
	"slices"
	"strings"
)

// vagueVerbs begin actions whose end nobody can tell.
const vagueVerbs = " investigate improve be consider explore look think discuss try understand research evaluate enhance assess analyse analyze revisit study "

// vague reports whether an action beginning with this word needs a success
// criterion to be bounded.
func vague(first, rest string) bool {
	return strings.Contains(vagueVerbs, " "+first+" ") || first == "make" && strings.HasPrefix(rest, "sure")
}

// verbs are what actions of reviews begin with, in the imperative.
const verbs = ` abandon abort accelerate accept achieve acknowledge activate adapt add adjust adopt agree alarm alert align
allocate allow amend announce annotate answer append apply appoint approve archive arrange ask assert assign attach audit
authenticate author authorize automate avoid back backfill backport backup balance ban bar base benchmark bind block bound break bring
broadcast budget build bump buy bypass cache calculate calibrate call canary cancel cap capture carry cease centralize certify change
charge chart check choose circulate clarify clean cleanup clear clone close coach coalesce collect combine commit communicate compact
compare compile complete compress compute configure confirm connect consolidate constrain contact contain continue contribute
control convert coordinate copy correct correlate count couple cover crash create cross cut cycle deactivate debug declare decline decommission
decouple decrease dedicate deduplicate deepen default defer define degrade delay delegate delete demand demonstrate deny deploy deprecate
derive describe deselect design detach detect determine develop diagnose differentiate direct disable discard disconnect display
distribute divide do document double downgrade draft drain draw drill drive drop dump duplicate edit educate eliminate embed emit enable
encapsulate encourage encrypt end enforce engage enhance enlarge enlist enrich enroll ensure enter escalate establish estimate evacuate
exclude execute exempt exercise expand expedite expire explain export expose extend extract fail fetch file fill filter finalize find finish
fix flag flip flush follow forbid force fork formalize format forward freeze fund gate gather generate get give govern grant group grow guard
guarantee guide halt handle harden hide hire hold host identify ignore implement import include increase index inform inject inline
inspect install instruct instrument insulate integrate intercept introduce invalidate inventory invert invite invoke isolate issue iterate join keep
kill label launch lead learn leave lengthen let level leverage lift limit link list load localize lock log loosen lower maintain make manage mandate map
mark mask match measure meet merge migrate minimize mirror mitigate model modernize modify monitor mount move multiply mute name negotiate
normalize note notify number observe obtain offer offload onboard open operate optimize order organize orchestrate outline overhaul override
own pace package page pair parallelize parameterize parse partition pass patch pause peer perform permit persist phase pick pilot pin ping place plan
plug point populate port post postpone power practice practise prefer prepare present preserve prevent print prioritise prioritize probe process procure
produce profile program prohibit project promote prompt propagate propose protect prove provide provision prune publish pull purchase purge push
put quantify quarantine query queue quiesce raise randomize ratelimit rate reach read rearrange rebalance reboot rebuild recalibrate recommend
reconcile reconfigure record recover recreate recycle redact redeploy redesign redirect reduce refactor refine reformat refresh refuse register rehearse
reindex reinforce reject relax release relocate rely remediate remind remove rename render renew reorder reorganize repair repeat replace replay replicate
report reproduce request require reroute reschedule reserve reset reshard resize resolve respect respond restart restore restrict restructure
retain rethink retire retrain retrofit retry return reuse revert review revise revoke rewrite roll rollback rotate route run sample sandbox sanitize save
scale scan schedule scope score script seal search secure seed segment segregate select send separate serialize serve set setup shard share shed shift
ship shorten show shrink shut sign silence simplify simulate skip slow snapshot soften solve source spell split spread stabilize stage stagger
standardise standardize start state stop store stream streamline strengthen stress strip submit subscribe substitute supply support suppress suspend swap
switch synchronize sync tag take tailor target teach tear tell terminate test throttle tidy tie tighten time tolerate trace track train transfer
transform transition translate trap treat trigger trim triple truncate tune turn tweak unblock undo unify unpin unset update upgrade upload use validate
vendor verify version vet visualize wait wake warm warn watch weigh whitelist widen wire withdraw work wrap write zero `

// isVerb reports whether an action that begins with this word begins with a
// verb. Words in other alphabets are taken as one; the list is English.
func isVerb(word string) bool {
	if word == "" {
		return false
	}
	if word[0] >= 0x80 {
		return true
	}
	list := strings.Fields(verbs)
	for _, form := range []string{word, strings.ReplaceAll(word, "-", ""), cutPrefix(word, "re-"), cutPrefix(word, "auto-"), cutPrefix(word, "de-"), cutPrefix(word, "co-")} {
		if slices.Contains(list, form) {
			return true
		}
	}
	return false
}

func cutPrefix(s, prefix string) string {
	rest, _ := strings.CutPrefix(s, prefix)
	return rest
}
