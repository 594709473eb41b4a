package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery"
	"paddock.dev/internal/delivery/verdict"
	"paddock.dev/internal/kube"
)

// Nobody approves in somebody else's name.
func TestApprovalIdentity(t *testing.T) {
	installCRDs(t)
	approve := func(person string, groups []string, by string) error {
		cfg := restConfig(t)
		cfg.Impersonate = rest.ImpersonationConfig{UserName: person, Groups: groups}
		c, err := client.New(cfg, client.Options{Scheme: apiClient(t).Scheme()})
		if err != nil {
			t.Fatal(err)
		}
		return c.Create(t.Context(), &v1.Approval{
			ObjectMeta: metav1.ObjectMeta{Namespace: v1.SystemNamespace, GenerateName: "identity-"},
			Spec:       v1.ApprovalSpec{Rollout: "none", By: by},
		})
	}
	approvers := []string{kube.ApproversGroup}
	// The API server takes up a new policy a moment after it was created.
	eventually(t, time.Minute, "a forged approval is refused", func() error {
		err := approve("asha", approvers, "meera")
		if err == nil || !strings.Contains(err.Error(), "you are asha, it names meera") {
			return fmt.Errorf("asha approved as meera: %w", err)
		}
		return nil
	})
	if err := approve("asha", approvers, "asha"); err != nil {
		t.Errorf("asha as herself: %v", err)
	}
	if err := approve("asha", nil, "asha"); !apierrors.IsForbidden(err) {
		t.Errorf("asha outside of the group: %v", err)
	}
}

// Whatever write the process dies after, the next apply leaves exactly what was
// asked for.
func TestApplySurvivesDeath(t *testing.T) {
	installCRDs(t)
	c := apiClient(t)
	namespace := "apply-" + strings.ToLower(t.Name())
	inventory := types.NamespacedName{Namespace: v1.SystemNamespace, Name: "inventory-" + namespace}
	objects := func(names ...string) []client.Object {
		objs := []client.Object{&corev1.Namespace{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
			ObjectMeta: metav1.ObjectMeta{Name: namespace},
		}}
		for _, name := range names {
			objs = append(objs, &corev1.ConfigMap{
				TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
				ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
				Data:       map[string]string{"name": name},
			})
		}
		return objs
	}
	there := func() string {
		var list corev1.ConfigMapList
		if err := c.List(t.Context(), &list, client.InNamespace(namespace)); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, o := range list.Items {
			if o.Name != "kube-root-ca.crt" {
				names = append(names, o.Name)
			}
		}
		slices.Sort(names)
		return strings.Join(names, " ")
	}

	for writes := 1; ; writes++ {
		if _, err := kube.Apply(t.Context(), c, kube.Owner, inventory, objects("a", "b")); err != nil {
			t.Fatal(err)
		}
		mortal := dyingAfter(t, c, writes)
		_, err := kube.Apply(t.Context(), mortal, kube.Owner, inventory, objects("b", "c"))
		// The next process was asked for something else meanwhile.
		result, again := kube.Apply(t.Context(), c, kube.Owner, inventory, objects("b", "d"))
		if again != nil {
			t.Fatal(again)
		}
		if got := there(); got != "b d" {
			t.Fatalf("died after write %d: %q is left, want b d (%+v)", writes, got, result)
		}
		if err == nil {
			break // it was not interrupted any more
		}
		if !errors.Is(err, errDied) {
			t.Fatal(err)
		}
	}

	result, err := kube.Apply(t.Context(), c, kube.Owner, inventory, objects("b", "d"))
	if err != nil || len(result.Applied) != 0 || len(result.Unchanged) != 3 {
		t.Errorf("applying the same again: %+v, %v", result, err)
	}
	// What somebody else changed comes back.
	d := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "d"}}
	if err := c.Patch(t.Context(), d, client.RawPatch(types.MergePatchType, []byte(`{"data":{"name":"mine"}}`))); err != nil {
		t.Fatal(err)
	}
	result, err = kube.Apply(t.Context(), c, kube.Owner, inventory, objects("b", "d"))
	if err != nil || len(result.Applied) != 1 {
		t.Errorf("after somebody changed d: %+v, %v", result, err)
	}
	// A namespace may hold data.
	result, err = kube.Apply(t.Context(), c, kube.Owner, inventory, nil)
	if err != nil || len(result.Kept) != 1 || len(result.Pruned) != 2 {
		t.Errorf("pruning everything: %+v, %v", result, err)
	}
	result, err = kube.Apply(t.Context(), c, kube.Owner, inventory, nil, kube.PruneData())
	if err != nil || len(result.Pruned) != 1 {
		t.Errorf("pruning data too: %+v, %v", result, err)
	}
}

var errDied = errors.New("died")

// dyingAfter is a client that does no more writes after the first n.
func dyingAfter(t *testing.T, c client.Client, n int) client.Client {
	t.Helper()
	spend := func() error {
		if n--; n < 0 {
			return errDied
		}
		return nil
	}
	live, err := client.NewWithWatch(restConfig(t), client.Options{Scheme: c.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	return interceptor.NewClient(live, interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			if err := spend(); err != nil {
				return err
			}
			return c.Create(ctx, o, opts...)
		},
		Update: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.UpdateOption) error {
			if err := spend(); err != nil {
				return err
			}
			return c.Update(ctx, o, opts...)
		},
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			if err := spend(); err != nil {
				return err
			}
			return c.Delete(ctx, o, opts...)
		},
		Apply: func(ctx context.Context, c client.WithWatch, o runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
			if err := spend(); err != nil {
				return err
			}
			return c.Apply(ctx, o, opts...)
		},
	})
}

// A release travels to production, is judged there, taken back and blocked; the
// controllers are stopped and started again on the way.
func TestDelivery(t *testing.T) {
	installCRDs(t)
	c := apiClient(t)
	w := newDeliveryWorld(t, c)
	stop := w.start()

	w.push("one")
	for _, env := range w.path {
		w.expect("shop-1.0.0-"+env+"-1", v1.RolloutSucceeded)
	}

	// The second commit fails on half of its requests.
	w.push("two")
	w.expect("shop-1.1.0-"+w.path[0]+"-1", v1.RolloutSucceeded)
	stop()
	stop = w.start()
	w.expect("shop-1.1.0-"+w.path[1]+"-1", v1.RolloutSucceeded)
	waiting := w.expect("shop-1.1.0-"+w.path[2]+"-1", v1.RolloutAwaitingApproval)
	if !strings.Contains(waiting.Status.Message, "waits for 1 of leads (meera)") {
		t.Errorf("message %q", waiting.Status.Message)
	}
	for _, person := range []string{"stranger", "meera"} {
		if _, err := delivery.RequestApproval(t.Context(), w.as(person), waiting.Name, person, "fine"); err != nil {
			t.Fatal(err)
		}
	}
	if done := w.expect(waiting.Name, v1.RolloutSucceeded); !slices.Equal(done.Status.Approvals, []string{"meera"}) {
		t.Errorf("approved by %v", done.Status.Approvals)
	}

	prod := w.path[3]
	w.figures(func(set string) verdict.Sample {
		if set == "shop-1-1-0" {
			return verdict.Sample{Requests: 50, Errors: 25}
		}
		return verdict.Sample{Requests: 950}
	})
	back := w.expect("shop-1.1.0-"+prod+"-1", v1.RolloutRolledBack)
	if !strings.Contains(back.Status.Message, "25 of 50 requests failed (50 %) against 0 of 950 on stable") {
		t.Errorf("message %q", back.Status.Message)
	}
	var bad v1.Release
	if err := c.Get(t.Context(), system("shop-1.1.0"), &bad); err != nil || bad.Status.Blocked == "" {
		t.Errorf("blocked: %q, %v", bad.Status.Blocked, err)
	}
	eventually(t, time.Minute, "only the stable set is left", func() error { return w.only(prod, "shop-1-0-0") })
	if _, err := delivery.RequestPromotion(t.Context(), c, delivery.Promotion{Release: bad.Name, Environment: prod, By: "meera"}); err == nil {
		t.Error("a blocked release was let in again")
	}

	// A changed setting is a release with the same image.
	w.set("COLOUR", "blue")
	w.expect("shop-1.2.0-"+w.path[1]+"-1", v1.RolloutSucceeded)
	var first, third v1.Release
	for name, r := range map[string]*v1.Release{"shop-1.1.0": &first, "shop-1.2.0": &third} {
		if err := c.Get(t.Context(), system(name), r); err != nil {
			t.Fatal(err)
		}
	}
	if first.Spec.Image != third.Spec.Image || third.Spec.Config[prod].Settings["COLOUR"] != "blue" {
		t.Errorf("image %s then %s, settings %v", first.Spec.Image, third.Spec.Image, third.Spec.Config[prod].Settings)
	}

	// Going back while the old set is warm.
	order, err := delivery.RequestRollback(t.Context(), c, delivery.Rollback{Service: "shop", Environment: w.path[1], To: "shop-1.0.0", By: "meera", Reason: "customers complain"})
	if err != nil {
		t.Fatal(err)
	}
	w.expect(order.Name, v1.RolloutSucceeded)
	if err := c.Get(t.Context(), system("shop-1.2.0"), &third); err != nil || !strings.Contains(third.Status.Blocked, "by meera: customers complain") {
		t.Errorf("blocked: %q, %v", third.Status.Blocked, err)
	}

	// What the file no longer has is taken away.
	w.remove("shop")
	for _, env := range w.path {
		eventually(t, time.Minute, "nothing is left in "+env, func() error { return w.only(env) })
	}
	stop()
}

func system(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: v1.SystemNamespace, Name: name}
}

// eventually asks until there is no error.
func eventually(t *testing.T, within time.Duration, what string, ask func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	if err := kube.Wait(ctx, what, 20*time.Millisecond, func(context.Context) (bool, string, error) {
		err := ask()
		if err == nil {
			return true, "", nil
		}
		return false, err.Error(), nil
	}); err != nil {
		t.Fatal(err)
	}
}
