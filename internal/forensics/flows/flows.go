// Package flows answers questions about VPC flow logs: who talks to whom, what
// was refused, who scans, calls home or sends too much, and which flows the
// platform's plan forbids. It knows every published version of the format, as
// text and as Parquet, and it counts exactly: a line is summed, or it is
// rejected with its place and the reason. It refuses to know where logs come
// from, what a platform file looks like, and what anybody should do about it.
//
// The format is that of the Amazon VPC User Guide, page "Flow log records", and
// of the Transit Gateway guide, page "Transit Gateway Flow Log records".
package flows
