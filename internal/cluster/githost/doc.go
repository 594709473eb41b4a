// Package githost keeps one bare git repository per service and serves it over
// smart HTTP, so that `git push` works as it does everywhere else. It seeds a
// repository from a directory, says where branches are, hands out the content
// of a commit and tells its owner when a push moved a ref.
//
// The work is done by the git command. Nothing of the machine's or the user's
// git configuration is read, so that two machines behave alike.
//
// It does not know what a push leads to: builds, releases and environments are
// the business of whoever listens. It does not check who somebody is; it only
// reports the name that the pusher gave.
package githost
