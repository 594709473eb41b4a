package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery/matrix"
)

func newVersion(a *app) *cobra.Command {
	var out output
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Say which paddock this is",
		Example: "  paddock version\n  paddock version -o json",
		Args:    exactly(),
		RunE: func(*cobra.Command, []string) error {
			info := version()
			if !out.text() {
				return out.encode(a.streams.Out, info)
			}
			text := "paddock " + info.Version
			if info.Commit != "" {
				text += " (" + matrix.Short(info.Commit)
				if info.Modified {
					text += ", modified"
				}
				text += ")"
			}
			_, err := fmt.Fprintf(a.streams.Out, "%s %s %s\n", text, info.Go, info.Platform)
			return err
		},
	}
	out.flag(cmd)
	return cmd
}

func version() v1.VersionInfo {
	info := v1.VersionInfo{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return info
	}
	if v := build.Main.Version; v != "" && v != "(devel)" {
		info.Version = v
	}
	for _, s := range build.Settings {
		switch s.Key {
		case "vcs.revision":
			info.Commit = s.Value
		case "vcs.time":
			info.Time = s.Value
		case "vcs.modified":
			info.Modified = s.Value == "true"
		}
	}
	return info
}
