package runtime

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// defaultPath is where commands are looked for when the image says nothing.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// lookup finds a command in the root directory the way the container would:
// names without a slash along PATH, relative ones from the working directory,
// and links, also absolute ones, inside the root.
func lookup(rootfs, dir string, env []string, command string) (string, error) {
	if command == "" {
		return "", errors.New("no command: neither the container nor its image names one")
	}
	if strings.Contains(command, "/") {
		if !path.IsAbs(command) {
			command = path.Join("/", dir, command)
		}
		return executable(rootfs, command)
	}
	search := defaultPath
	for _, e := range env {
		if v, ok := strings.CutPrefix(e, "PATH="); ok {
			search = v
		}
	}
	for _, d := range strings.Split(search, ":") {
		if file, err := executable(rootfs, path.Join("/", d, command)); err == nil {
			return file, nil
		}
	}
	return "", fmt.Errorf("%q is not in the image along PATH %s", command, search)
}

func executable(rootfs, name string) (string, error) {
	file, err := Within(rootfs, name)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%s is not in the image", name)
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s in the image is not a file", name)
	case info.Mode()&0o111 == 0:
		return "", fmt.Errorf("%s in the image is not executable", name)
	}
	return file, nil
}

// Within translates a path as the container sees it into one of this host,
// following links inside the root only. The last part need not exist.
func Within(rootfs, name string) (string, error) {
	const maxLinks = 40
	links := 0
	done := "/"
	rest := strings.Split(path.Clean("/"+name), "/")
	for len(rest) > 0 {
		part := rest[0]
		rest = rest[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			done = path.Dir(done)
			continue
		}
		next := path.Join(done, part)
		target, err := os.Readlink(filepath.Join(rootfs, filepath.FromSlash(next)))
		if err != nil { // not a link, or missing: its user will see
			done = next
			continue
		}
		if links++; links > maxLinks {
			return "", fmt.Errorf("%s: too many links", name)
		}
		if path.IsAbs(target) {
			done = "/"
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	return filepath.Join(rootfs, filepath.FromSlash(done)), nil
}
