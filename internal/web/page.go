package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"html/template"
	"mime"
	"net/http"
	"path"
)

//go:embed templates static
var files embed.FS

// templates are parsed once; a mistake in one stops every test of the package.
var templates = template.Must(template.New("").Funcs(template.FuncMap{"static": staticURL}).ParseFS(files, "templates/*.html"))

// staticURL names a file together with its content, so that it can be kept for
// ever and a new version is fetched at once.
func staticURL(name string) (string, error) {
	data, err := files.ReadFile("static/" + name)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return "/static/" + name + "?v=" + hex.EncodeToString(sum[:6]), nil
}

func static(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("file")
	data, err := files.ReadFile("static/" + path.Base(name))
	if err != nil {
		return &answer{http.StatusNotFound, "There is no such file."}
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, err = w.Write(data)
	return err
}

func (s *Server) page(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, "page")
}

func (s *Server) fragment(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, "live")
}

// render answers with a page in every state of the platform: one that starts or
// does not answer is shown as such, and the script keeps looking.
func (s *Server) render(w http.ResponseWriter, r *http.Request, name string) error {
	var v view
	code := http.StatusOK
	status, err := s.cfg.Status(r.Context())
	if err == nil {
		history, herr := s.cfg.History(r.Context())
		v, err = newView(status, history, s.cfg.Now()), herr
	}
	if err != nil {
		if r.Context().Err() != nil {
			return r.Context().Err()
		}
		v, code = view{Problem: sentence(err)}, http.StatusServiceUnavailable
	}
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, v); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	_, _ = b.WriteTo(w)
	return nil
}

func (s *Server) status(w http.ResponseWriter, r *http.Request) error {
	status, err := s.cfg.Status(r.Context())
	if err != nil {
		return err
	}
	return writeJSON(w, status)
}

func (s *Server) history(w http.ResponseWriter, r *http.Request) error {
	history, err := s.cfg.History(r.Context())
	if err != nil {
		return err
	}
	return writeJSON(w, history)
}

func writeJSON(w http.ResponseWriter, value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(data, '\n'))
	return nil
}
