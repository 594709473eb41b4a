package access

import "bytes"

// probes are paths that programs ask for in search of a way in, and nobody else
// on a site that does not have them. Each group has a number below 64.
var probes = [...][]string{
	{"/.env"}, {"/.git/"}, {"/.aws/", "/aws.yml", "/.s3cfg"}, {"/.ssh/", "/id_rsa"}, {"/.svn/", "/.hg/"},
	{"/.htpasswd", "/.htaccess"}, {"/.ds_store"}, {"/.vscode/", "/.idea/"}, {"/.well-known/../"}, {"/wp-login.php"},
	{"/wp-admin"}, {"/wp-content/"}, {"/wp-includes/", "/wlwmanifest.xml"}, {"/xmlrpc.php"}, {"/wp-config"},
	{"/wp-json/"}, {"/phpmyadmin", "/pma/", "/myadmin"}, {"/adminer"}, {"/phpinfo", "/info.php"}, {"/vendor/phpunit"},
	{"/cgi-bin/"}, {"/boaform", "/goform/"}, {"/hnap1"}, {"/manager/html"}, {"/actuator"},
	{"/solr/"}, {"/jenkins/", "/script/"}, {"/struts"}, {"/console/"}, {"/invoker/"},
	{"/telescope/"}, {"/_ignition"}, {"/_profiler"}, {"/server-status"}, {"/owa/", "/autodiscover"},
	{"/ecp/"}, {"/remote/login", "/remote/fgt_lang"}, {"/dana-na/"}, {"/+cscoe+", "/+cscot+"}, {"/global-protect/"},
	{"/vpn/"}, {"/etc/passwd"}, {"/../", "%2e%2e"}, {"/backup", "/dump.sql", "/db.sql", ".sql.gz", "/database.sql"}, {"/config.json", "/config.php", "/configuration.php"},
	{"/shell.php", "/cmd.php", "/c99.php", "/alfa.php"}, {"/eval-stdin.php"}, {"/administrator/"}, {"/joomla"}, {"/drupal"},
	{"/magento"}, {"/setup.php", "/install.php"}, {"/webdav"}, {"/jmx-console"}, {"/axis2"},
	{"/druid/"}, {"/nacos/"}, {"/geoserver"}, {"/confluence"}, {"/sdk", "/vmware"},
	{"/login.action"}, {"/api/jsonws"}, {"/debug/pprof"}, {"/.docker", "/docker-compose"},
}

// probeOf is the number of the group that a path belongs to, plus one; 0 is none.
func probeOf(path []byte) uint8 {
	if len(path) < 4 || len(path) > 2048 {
		return 0
	}
	lower := bytes.ToLower(path)
	for i, group := range probes {
		for _, p := range group {
			if bytes.Contains(lower, []byte(p)) {
				return uint8(i + 1)
			}
		}
	}
	return 0
}
