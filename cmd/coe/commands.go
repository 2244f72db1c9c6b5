package main

import (
	"fmt"
	"regexp"
	"runtime/debug"
	"strconv"

	"github.com/spf13/cobra"
)

// commands lists every subcommand.
func (a *app) commands() []*cobra.Command {
	return []*cobra.Command{
		a.serveCommand(), a.migrateCommand(), a.userCommand(), a.teamCommand(), a.serviceCommand(),
		a.stateCommand(), a.actionCommand(), a.importCommand(), a.exportCommand(), a.lintCommand(),
		a.auditCommand(), a.evidenceCommand(), a.gateCommand(), a.tokenCommand(), a.slackfakeCommand(), a.versionCommand(),
	}
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Says which version this is", Args: args(cobra.NoArgs), RunE: func(*cobra.Command, []string) error {
		fmt.Fprintln(a.stdout, "coe "+buildVersion())
		return nil
	}}
}

// buildVersion is the version the module was built as, with the commit where known.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			v += " " + s.Value[:12]
		}
	}
	return v
}

var (
	coeName    = regexp.MustCompile(`^(?i:COE-)?([0-9]{1,18})$`)
	actionName = regexp.MustCompile(`^(?i:A-)?([0-9]{1,18})$`)
)

// coeNumber reads COE-17 or 17.
func coeNumber(s string) (int64, error) {
	m := coeName.FindStringSubmatch(s)
	if m == nil {
		return 0, usagef("%q is not a COE; write it as COE-17", s)
	}
	return strconv.ParseInt(m[1], 10, 64)
}
