package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"paddock.dev/internal/audit/record"
	"paddock.dev/internal/audit/trail"
)

func newAuditProve(a *app) *cobra.Command {
	var since, check, keys string
	var out output
	cmd := &cobra.Command{
		Use:   "prove [EVENT-ID]",
		Short: "Prove to somebody else that an event is in the platform's record",
		Long: `Prints the event with the proof that the record has it (RFC 9162), which whoever has
the public keys can check without the record. With --since the proof also shows that
the record begins with the one of that earlier head, unchanged.

With --check it checks such a proof.`,
		Example: `  paddock audit prove 1c9f60de-8f0c-8b7e-9a35-1f0f3c1f5b1a -o json > proof.json

  # elsewhere
  paddock audit prove --check proof.json --keys public.json`,
		Args: atMost("EVENT-ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case check != "" && len(args) > 0, check == "" && len(args) == 0:
				return usage("missing-argument", "Say which event, or which proof to check", "Write: paddock audit prove EVENT-ID, or paddock audit prove --check FILE --keys FILE")
			case check != "" && keys == "":
				return usage("missing-flag", "--keys is missing", "The public keys of the record are in keys/public.json of its folder.")
			}
			var p *record.Proof
			var err error
			if check != "" {
				p, err = checkProof(check, keys)
			} else {
				p, err = a.makeProof(cmd.Context(), args[0], since)
			}
			if err != nil {
				return err
			}
			if !out.text() {
				return out.encode(a.streams.Out, p)
			}
			return a.printProof(p)
		},
	}
	out.flag(cmd)
	f := cmd.Flags()
	f.StringVar(&since, "since", "", "`FILE` with an earlier head: prove that the record still begins with that one")
	f.StringVar(&check, "check", "", "check the proof in this `FILE`")
	f.StringVar(&keys, "keys", "", "`FILE` with the record's public keys, for --check")
	return cmd
}

func (a *app) makeProof(ctx context.Context, eventID, since string) (*record.Proof, error) {
	dir, _, err := a.ownRecord()
	if err != nil {
		return nil, err
	}
	head, err := readHeadFile(record.HeadFile(dir))
	if err != nil {
		return nil, err
	}
	var old *record.Head
	if since != "" {
		h, err := readHeadFile(since)
		if err != nil {
			return nil, err
		}
		old = &h
	}
	return record.Prove(ctx, dir, head, eventID, old)
}

// checkProof follows a proof to its heads, and those to the keys.
func checkProof(path, keyFile string) (*record.Proof, error) {
	keys, err := readKeyFile(keyFile)
	if err != nil {
		return nil, usage("bad-keys", "The public keys cannot be read", "Give keys/public.json of the record. ("+err.Error()+")")
	}
	text, err := os.ReadFile(path)
	var p record.Proof
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil {
		return nil, usage("bad-proof", "The proof cannot be read", "Give what `paddock audit prove EVENT-ID -o json` printed. ("+err.Error()+")")
	}
	if err := errors.Join(p.Check(), p.Head.Verify(keys)); err != nil {
		return nil, err
	}
	if p.Since != nil {
		if err := p.Since.Verify(keys); err != nil {
			return nil, err
		}
	}
	return &p, nil
}

func (a *app) printProof(p *record.Proof) error {
	fmt.Fprintf(a.streams.Out, "Event %d of %d is in the record %s as of %s.\n", p.Index+1, p.Head.Size, safe(p.Head.Trail), trailTime(p.Head.Time))
	if p.Since != nil {
		fmt.Fprintf(a.streams.Out, "That record begins with the %d events of %s, unchanged.\n", p.Since.Size, trailTime(p.Since.Time))
	}
	_, err := fmt.Fprintf(a.streams.Out, "\n%s\n", safe(p.Entry))
	return err
}

func newAuditRotate(a *app) *cobra.Command {
	var by, why string
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Sign the platform's record with a new key from now on",
		Long: `The old key signs, as its last, that the new one follows it, and is destroyed. Its
public part stays in the list: what it signed stays provable.`,
		Example: `  paddock audit rotate --reason "yearly"`,
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			by = a.person(by)
			dir, state, err := a.ownRecord()
			if err != nil {
				return err
			}
			before, err := readKeyFile(record.PublicKeys(dir))
			if err != nil {
				return err
			}
			var after trail.Keys
			if state.Alive() { // it holds the key
				if err := record.RequestRotation(dir, by, why); err != nil {
					return err
				}
				after, err = a.awaitKey(cmd.Context(), record.PublicKeys(dir), len(before))
			} else {
				after, err = a.rotateStopped(dir, by, why)
			}
			if err != nil {
				return err
			}
			for name := range after {
				if _, old := before[name]; !old {
					fmt.Fprintf(a.streams.Out, "The record is signed with the key %s from now on.\n", name)
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&why, "reason", "", "why, for the record")
	cmd.Flags().StringVar(&by, "by", "", "who does it (default: you)")
	return cmd
}

// rotateStopped rotates the key of a platform that does not run, and keeps it
// from starting meanwhile.
func (a *app) rotateStopped(dir, by, why string) (_ trail.Keys, err error) {
	name, layout, err := a.locate()
	if err != nil {
		return nil, err
	}
	lock, err := layout.Acquire(a.cfg.Now())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	r, err := record.Open(record.Options{
		Dir: dir, Trail: name, Account: record.LocalAccount, Region: record.LocalRegion, Bucket: record.LocalBucket,
		Agent: "paddock", Now: a.cfg.Now, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(r.Rotate(by, why), r.Close()); err != nil {
		return nil, err
	}
	return r.Keys()
}

// awaitKey waits until the list has more than so many keys.
func (a *app) awaitKey(ctx context.Context, path string, more int) (trail.Keys, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		keys, err := readKeyFile(path)
		if err == nil && len(keys) > more {
			return keys, nil
		}
		select {
		case <-ctx.Done():
			return nil, errors.New("the platform did not rotate the key within 30 seconds; its log says why: paddock.log in its data directory")
		case <-tick.C:
		}
	}
}
