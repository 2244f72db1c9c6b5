package evidence

import (
	"embed"
	"path"
	"slices"
	"strings"
)

//go:embed setup
var setupFiles embed.FS

// Snippet is a piece of configuration for a tool, to be copied.
type Snippet struct {
	File string // name to save it under, and its form by the ending: .json, .yaml, .sh
	Note string // what it is, a sentence
	Text string
}

// Setup is how a tool is made to send to a source.
type Setup struct {
	Tool     string // a name of Tools; "" for whatever has no name there
	Title    string
	Verifier string // the way to verify that the snippets are written for
	Header   string // of VerifyHeader
	Note     string
	Snippets []Snippet
}

// setups lists all tools in the order in which they are offered.
func setups() []Setup {
	eventBridge := []Snippet{
		{File: "eventbridge.sh", Note: "Four commands, one for each of the files below."},
		{File: "eventbridge-connection.json", Note: "The connection puts the secret into a header."},
		{File: "eventbridge-destination.json", Note: "The destination is this source."},
		{File: "eventbridge-rule.json", Note: "The rule picks the events that are read here."},
		{File: "eventbridge-targets.json", Note: "The target ties rule and destination, and tries for a day."},
	}
	const aws = "Amazon EventBridge sends the events to an API destination. Put the accounts that may send on the list of this source."
	var all []Setup
	for _, t := range []struct{ tool, title string }{{"fis", "AWS FIS"}, {"ecs", "Amazon ECS"}, {"codedeploy", "AWS CodeDeploy"}, {"codepipeline", "AWS CodePipeline"}, {"cloudwatch", "Amazon CloudWatch alarms"}} {
		all = append(all, Setup{t.tool, t.title + ", by EventBridge", VerifyHeader, "X-Api-Key", aws, eventBridge})
	}
	return append(all,
		Setup{
			"cloudwatch", "Amazon CloudWatch alarms, by SNS", VerifySNS, "", "Put the ARN of the topic on the list of this source: the subscription then confirms itself. Leave raw delivery off, it is not signed.",
			[]Snippet{{File: "sns.sh", Note: "Subscribes this source to the topic of the alarms."}},
		},
		Setup{"alertmanager", "Alertmanager", VerifyHeader, "Authorization", "Errors of ours are retried, and groups are repeated by themselves.", []Snippet{{File: "alertmanager.yaml", Note: "A receiver, and a route that sends everything to it besides what it does already."}}},
		Setup{"grafana", "Grafana alerting", VerifyGrafana, "", "From version 12 on Grafana signs what it sends.", []Snippet{{File: "grafana.yaml", Note: "A contact point, as a provisioning file. The same fields are on its page."}}},
		Setup{
			"pagerduty", "PagerDuty", VerifyPagerDuty, "", "PagerDuty makes the secret: take delivery_method.secret of its answer and set it here.",
			[]Snippet{{File: "pagerduty.sh", Note: "Makes the subscription."}, {File: "pagerduty.json", Note: "What it asks for: every incident of the account."}},
		},
		Setup{
			"github", "GitHub", VerifyGitHub, "", "GitHub does not send again by itself: look at its list of deliveries after an outage.",
			[]Snippet{{File: "github.sh", Note: "Makes the webhook of a repository. For an organization the path is orgs/NAME/hooks."}, {File: "github.json", Note: "The webhook."}},
		},
		Setup{
			"gitlab", "GitLab", VerifyGitLab, "", "Where GitLab is set to sign webhooks the signature counts, else the token.",
			[]Snippet{{File: "gitlab.sh", Note: "Makes the webhook of a project."}, {File: "gitlab.json", Note: "The webhook."}},
		},
		Setup{"argorollouts", "Argo Rollouts", VerifyHeader, "X-Api-Key", "The secret is the key coe-secret in argo-rollouts-notification-secret.", []Snippet{{File: "argorollouts.yaml", Note: "Sends every rollout that starts, ends or is aborted."}}},
		Setup{"argocd", "Argo CD", VerifyHeader, "X-Api-Key", "The secret is the key coe-secret in argocd-notifications-secret.", []Snippet{{File: "argocd.yaml", Note: "Sends every application whose sync starts or ends."}}},
		Setup{"flagger", "Flagger", VerifyNone, "", "Flagger has no credential to send: the address is the secret. A token in its metadata is not stored.", []Snippet{{File: "flagger.yaml", Note: "The part of a canary that sends its events."}}},
		Setup{"flux", "Flux", VerifyFlux, "", "", []Snippet{{File: "flux.sh", Note: "Keeps the secret in the cluster."}, {File: "flux.yaml", Note: "A provider that signs, and an alert for everything that is reconciled."}}},
		Setup{"spinnaker", "Spinnaker", VerifyNone, "", "Echo sends its events as they are. The address is the secret.", []Snippet{{File: "spinnaker.yaml", Note: "A part of echo-local.yml."}}},
		Setup{
			"chaostoolkit", "Chaos Toolkit", VerifyHeader, "X-Api-Key", "Its messages are sent once. The journal says more, and can be sent at the end.",
			[]Snippet{{File: "chaostoolkit.yaml", Note: "A part of settings.yaml."}, {File: "chaostoolkit.sh", Note: "Runs an experiment with these settings, then sends its journal."}},
		},
		Setup{"litmus", "LitmusChaos", VerifyHeader, "X-Api-Key", "It sends nothing by itself. A CronJob can send what there is; the same again counts once.", []Snippet{{File: "litmus.sh", Note: "Sends all results and engines of a namespace."}}},
		Setup{"chaosmesh", "Chaos Mesh", VerifyHeader, "X-Api-Key", "It sends nothing by itself. A CronJob can send what there is; the same again counts once.", []Snippet{{File: "chaosmesh.sh", Note: "Sends all experiments, workflows and schedules of a cluster."}}},
		Setup{"gremlin", "Gremlin", VerifyHeader, "X-Api-Key", "Add a webhook in the team settings with this source as endpoint, the three attack events, and the secret as custom header.", []Snippet{{File: "gremlin.json", Note: "The payload."}}},
		Setup{"steadybit", "Steadybit", VerifyHeader, "X-Api-Key", "Add a webhook under Settings, Integrations, with this source as address, the secret as custom header, and the events of experiment executions. The form of its messages is the platform's own.", nil},
		Setup{
			"", "Everything else", VerifyHeader, "X-Api-Key", "Our own form, CloudEvents, CDEvents and the form of Datadog's DORA interface are read as well.",
			[]Snippet{{File: "generic.sh", Note: "Sends a file."}, {File: "generic.json", Note: "A deployment in our own form."}},
		},
	)
}

// noSecret and noAddress stand where only the person knows what belongs there.
const (
	noSecret  = "THE SECRET OF THIS SOURCE"
	noAddress = "ADDRESS"
)

// Setups gives how tools are made to send to the source at this address: those of
// its tool, all for a source that takes every tool. Secrets are never filled in.
// The own form is offered for a tool that has no text of its own, too.
func Setups(src *Source, address string) []Setup {
	all := setups()
	own := slices.ContainsFunc(all, func(s Setup) bool { return s.Tool == src.Tool && s.Tool != "" })
	var list []Setup
	for _, s := range all {
		if src.Tool != "" && s.Tool != src.Tool && (s.Tool != "" || own) {
			continue
		}
		s.Snippets = slices.Clone(s.Snippets)
		for i := range s.Snippets {
			s.Snippets[i].Text = snippetText(s.Snippets[i].File, s.header(src), address)
		}
		list = append(list, s)
	}
	return list
}

// header is the header that holds the secret.
func (s Setup) header(src *Source) string {
	if src.Verifier == VerifyHeader && src.Header != "" {
		return src.Header
	}
	return s.Header
}

// snippetText fills a snippet. Without a header there is no credential to send.
func snippetText(file, header, address string) string {
	text, err := setupFiles.ReadFile(path.Join("setup", file))
	if err != nil {
		return ""
	}
	if header == "" {
		header = "X-Api-Key"
	}
	return strings.NewReplacer(noAddress, address, "HEADER", header).Replace(string(text))
}
