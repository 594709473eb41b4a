package albgen

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

const (
	www = "www.kestrelcars.example"
	api = "api.kestrelcars.example"
)

var cities = []string{"bangalore", "mumbai", "delhi", "chennai", "pune", "hyderabad", "kolkata", "jaipur", "goa", "kochi"}

// browsers are user agents of people, by a number.
func browser(n int) string {
	switch n % 4 {
	case 0:
		return fmt.Sprintf("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36", 110+n/4%22)
	case 1:
		return fmt.Sprintf("Mozilla/5.0 (iPhone; CPU iPhone OS %d_%d like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/%d.%d Mobile/15E148 Safari/604.1", 15+n/4%3, n%7, 15+n/4%3, n%7)
	case 2:
		return fmt.Sprintf("Mozilla/5.0 (Linux; Android %d; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Mobile Safari/537.36", 10+n/4%5, 108+n/16%24)
	}
	return fmt.Sprintf("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:%d.0) Gecko/20100101 Firefox/%d.0", 100+n/4%30, 100+n/4%30)
}

var assets = []request{
	{path: "/static/app.4f3a9c21.js", folded: "/static/app.{hex}.js", sent: 182_311},
	{path: "/static/site.8b1c77d2.css", folded: "/static/site.{hex}.css", sent: 41_022},
	{path: "/static/logo.svg", folded: "/static/logo.svg", sent: 3_881},
	{path: "/static/fonts/inter.woff2", folded: "/static/fonts/inter.woff2", sent: 98_004},
	{path: "/favicon.ico", folded: "/favicon.ico", sent: 5_430},
}

// page is something that people look at.
func page(rng *rand.Rand) request {
	r := request{method: "GET", host: www, median: 40, spread: 0.5, sent: 9000 + rng.IntN(30000), received: 40 + rng.IntN(400)}
	switch x := rng.IntN(100); {
	case x < 20:
		r.path, r.folded = "/", "/"
	case x < 40:
		city := cities[rng.IntN(len(cities))]
		r.path = "/locations/" + city
		r.folded = r.path
	case x < 75:
		r.path, r.folded, r.median = fmt.Sprintf("/cars/%d", 1000+rng.IntN(4000)), "/cars/{id}", 55
	case x < 90:
		r.path, r.folded, r.median = "/search", "/search", 120
		r.query = fmt.Sprintf("?from=%s&days=%d", cities[rng.IntN(len(cities))], 1+rng.IntN(14))
	default:
		r.path, r.folded = "/offers/2026-11-23", "/offers/{date}"
	}
	return r
}

// call is what the pages ask the API for.
func call(rng *rand.Rand) request {
	r := request{method: "GET", host: api, api: true, median: 30, spread: 0.45, sent: 400 + rng.IntN(3000), received: 60 + rng.IntN(600)}
	switch x := rng.IntN(100); {
	case x < 40:
		r.path, r.folded, r.median = fmt.Sprintf("/v1/bookings/%d", 100000+rng.IntN(900000)), slowPath, 45
	case x < 55:
		r.method, r.path, r.folded, r.median, r.received = "POST", "/v1/bookings", "/v1/bookings", 90, 900+rng.IntN(2000)
	case x < 80:
		r.path, r.folded = fmt.Sprintf("/v1/prices/%08x-%04x-4%03x-8%03x-%012x", rng.Uint32(), rng.IntN(1<<16), rng.IntN(1<<12), rng.IntN(1<<12), rng.Uint64()>>16), "/v1/prices/{uuid}"
	default:
		r.path, r.folded = "/v1/me", "/v1/me"
	}
	return r
}

// perVisit is about how many requests a visit makes.
const perVisit = 27

// people begin their visits over the whole time, in waves as a day has them.
func (g *writer) people() {
	visits := max(g.Lines/perVisit, 1)
	for n := range visits {
		at := time.Duration(g.rng.Float64() * float64(g.Duration))
		if g.rng.Float64() < 0.3 { // around noon
			at = time.Duration((0.5 + 0.15*g.rng.NormFloat64()) * float64(g.Duration))
			at = min(max(at, 0), g.Duration-1)
		}
		client := fmt.Sprintf("%d.%d.%d.%d", 20+g.rng.IntN(80), g.rng.IntN(256), g.rng.IntN(256), 1+g.rng.IntN(250))
		g.start(at, client, browser(g.rng.IntN(352)), g.person())
		if n%40 == 0 { // the real crawler
			g.start(at, fmt.Sprintf("66.249.66.%d", 1+g.rng.IntN(60)), "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", g.crawler(6, 8*time.Second))
		}
	}
}

// person looks at some pages; each loads what belongs to it and asks the API.
func (g *writer) person() func(v *visit) (request, time.Duration, bool) {
	pages := 2 + g.rng.IntN(6)
	var todo []request
	return func(*visit) (request, time.Duration, bool) {
		if len(todo) == 0 {
			pages--
			todo = append(todo, page(g.rng))
			for _, a := range assets {
				if g.rng.IntN(10) < 6 {
					a.method, a.host, a.median, a.spread, a.received = "GET", www, 6, 0.4, 45
					todo = append(todo, a)
				}
			}
			for range g.rng.IntN(4) {
				todo = append(todo, call(g.rng))
			}
		}
		r := todo[0]
		todo = todo[1:]
		if len(todo) > 0 {
			return r, time.Duration(10+g.rng.IntN(200)) * time.Millisecond, true
		}
		think := time.Duration(math.Exp(2.5+0.8*g.rng.NormFloat64()) * float64(time.Second))
		return r, think, pages > 0
	}
}

func (g *writer) crawler(pages int, pause time.Duration) func(v *visit) (request, time.Duration, bool) {
	return func(*visit) (request, time.Duration, bool) {
		pages--
		return page(g.rng), pause/2 + time.Duration(g.rng.Int64N(int64(pause))), pages > 0
	}
}

// plant adds what should be found.
func (g *writer) plant() {
	span := func(kind, subject string, from, to float64) {
		g.truth.Planted = append(g.truth.Planted, Plant{kind, subject, g.Start.Add(time.Duration(from * float64(g.Duration))), g.Start.Add(time.Duration(to * float64(g.Duration)))})
	}
	span("failing-target", badTarget, 0.65, 0.80)
	span("regression", api+slowPath, 0.40, 0.55)

	span("scanner", scanner, 0.30, 0.32)
	probes := []string{"/.env", "/.git/config", "/wp-login.php", "/wp-admin/setup-config.php", "/phpmyadmin/index.php", "/cgi-bin/luci", "/actuator/env", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", "/server-status", "/.aws/credentials", "/backup.zip", "/boaform/admin/formLogin"}
	n := 0
	g.start(time.Duration(0.30*float64(g.Duration)), scanner, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Safari/537.36", func(*visit) (request, time.Duration, bool) {
		path := probes[n%len(probes)]
		if n >= len(probes) {
			path = fmt.Sprintf("/old%c/%s", 'a'+byte(n%26), []string{"admin", "login", "test", "dev", "panel"}[n/26%5])
		}
		n++
		return request{method: "GET", host: www, path: path, folded: path, status: 404, median: 5, spread: 0.2, sent: 300, received: 30}, g.Duration / 50 / 120, n < 120
	})

	every := g.Duration * 8 / 10 / 600 // 600 pages between a tenth and nine tenths
	span("scraper", scraper, 0.10, 0.90)
	car := 1000
	g.start(g.Duration/10, scraper, browser(8), func(*visit) (request, time.Duration, bool) {
		car++
		r := request{method: "GET", host: www, path: fmt.Sprintf("/cars/%d", car), folded: "/cars/{id}", status: 200, median: 55, spread: 0.5, sent: 21000, received: 40}
		return r, every*9/10 + time.Duration(g.rng.Int64N(int64(every/5))), car < 1600
	})

	span("fake-bot", fakeBot, 0.20, 0.50)
	g.start(g.Duration/5, fakeBot, "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", g.crawler(150, g.Duration*3/10/150))
}
