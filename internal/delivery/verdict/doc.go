// Package verdict judges a canary. It is a sequential test over counts of
// requests: pure, without clock, network or memory of earlier looks, so it may
// be asked as often as one likes. It knows nothing of rollouts, gateways or
// Kubernetes objects.
//
// Two things are judged, each as a series of yes-or-no outcomes: did the
// request fail, and was it slower than the latency objective. For each, Wald's
// sequential probability ratio test weighs two hypotheses:
//
//	H0  the canary's share is p0, which is allowed
//	H1  the canary's share is p1, which is clearly worse
//
// The test may be looked at after every request without losing its error
// rates; that is what it was invented for. A fixed-size test that is peeked at
// every second would raise a false alarm sooner or later.
//
// # What is allowed
//
// p0 is never below the objective's own budget (0.1 % of requests at 99.9 %
// availability, 1 % slower than the p99 objective): a canary inside its promise
// is not bad. It is never below what the stable release may be doing at the
// same time either, so an outage that both share does not blame the canary. To
// call a canary bad, p0 uses the upper end of what stable's figures allow. To
// call it good, p0 uses stable's figures as they are. Few figures from stable
// therefore delay a verdict and never turn it.
//
// # What is clearly worse
//
// p1 = p0 + max(5 points, 4 p0). Five points keep the test short where errors
// are rare: sixty clean requests are enough to be good, three failed ones to be
// bad. Four times p0 keeps it fair where errors are common: from 2 % the canary
// is clearly worse at 10 %, not at 7 %. Shares in between are decided either
// way, as close calls are.
package verdict
