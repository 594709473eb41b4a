package cli

import "github.com/spf13/cobra"

// newAudit groups what asks about records of who changed what.
func newAudit(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Prove and search the records of who changed what",
		Long: `Works on AWS CloudTrail's log and digest files, in a bucket or copied from one, and
on Paddock's own record, which is kept in the same files.`,
		Example: `  # is every log file in this bucket what CloudTrail delivered?
  paddock audit verify s3://trail-bucket --fetch-keys`,
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newAuditSearch(a), newAuditVerify(a), newAuditProve(a), newAuditRotate(a))
	return cmd
}
