locals {
  origin = {
    name = "origin"
    options = {
      originType                = "CUSTOMER"
      hostname                  = var.origin
      forwardHostHeader         = "REQUEST_HOST_HEADER"
      cacheKeyHostname          = "REQUEST_HOST_HEADER"
      ipVersion                 = "IPV4"
      compress                  = true
      enableTrueClientIp        = true
      trueClientIpHeader        = "True-Client-IP"
      trueClientIpClientSetting = false
      httpPort                  = 80
      httpsPort                 = 443
      originSni                 = true
      useUniqueCacheKey         = false
      minTlsVersion             = "TLSV1_2"
      maxTlsVersion             = "DYNAMIC"
      # The load balancer's certificate is of AWS, for the host that was asked for.
      verificationMode               = "CUSTOM"
      customValidCnValues            = ["{{Origin Hostname}}", "{{Forward Host Header}}"]
      originCertsToHonor             = "STANDARD_CERTIFICATE_AUTHORITIES"
      standardCertificateAuthorities = ["THIRD_PARTY_AMAZON"]
    }
  }

  # The load balancer lets nobody in who does not say this. It is set whatever a
  # visitor sends under that name.
  verify = {
    name = "modifyIncomingRequestHeader"
    options = {
      action                   = "MODIFY"
      standardModifyHeaderName = "OTHER"
      customHeaderName         = "X-Origin-Verify"
      newHeaderValue           = var.origin_secret
      avoidDuplicateHeaders    = true
    }
  }

  # Dynamic by default: what may be kept says so below.
  always = concat(
    [
      local.origin,
      { name = "cpCode", options = { value = { id = tonumber(trimprefix(akamai_cp_code.this.id, "cpc_")) } } },
      local.verify,
      { name = "caching", options = { behavior = "NO_STORE" } },
      { name = "httpStrictTransportSecurity", options = { enable = true, includeSubDomains = true, preload = false, maxAge = "ONE_YEAR", redirect = true, redirectStatusCode = 301 } },
      { name = "http2", options = { enabled = "" } },
      { name = "http3", options = { enable = true } },
      { name = "brotli", options = { enabled = true } },
      { name = "allowTransferEncoding", options = { enabled = true } },
      # Without these the edge knows GET, HEAD and POST alone.
      { name = "allowPost", options = { enabled = true, allowWithoutContentLength = false } },
      { name = "allowPut", options = { enabled = true } },
      { name = "allowPatch", options = { enabled = true } },
      { name = "allowDelete", options = { enabled = true, allowBody = false } },
      { name = "allowOptions", options = { enabled = true } },
      { name = "removeVary", options = { enabled = false } },
      { name = "report", options = { logHost = true, logReferer = true, logUserAgent = true, logAcceptLanguage = false, logCookies = "OFF", logCustomLogField = false, logEdgeIP = true, logXForwardedFor = false } },
    ],
    var.site_shield == null ? [] : [{ name = "siteShield", options = { ssmap = { value = var.site_shield } } }],
    [for stream in akamai_datastream.requests : { name = "datastream", options = { streamType = "LOG", logEnabled = true, logStreamName = [stream.id], samplingPercentage = 100, collectMidgressTraffic = false } }],
  )

  kept = [for key in sort(keys(var.cache)) : {
    name                = "Keep ${key}"
    criteriaMustSatisfy = "all"
    criteria = [
      { name = "hostname", options = { matchOperator = "IS_ONE_OF", values = [var.cache[key].host] } },
      { name = "path", options = { matchOperator = "MATCHES_ONE_OF", matchCaseSensitive = true, normalize = false, values = ["${trimsuffix(var.cache[key].path, "/")}/*"] } },
    ]
    behaviors = [
      { name = "caching", options = { behavior = "MAX_AGE", mustRevalidate = false, ttl = "${var.cache[key].seconds}s" } },
      { name = "prefetch", options = { enabled = true } },
      { name = "cacheKeyQueryParams", options = { behavior = "INCLUDE_ALL_ALPHABETIZE_ORDER" } },
      { name = "cacheError", options = { enabled = true, ttl = "10s", preserveStale = true } },
    ]
    children = []
  }]

  # Whatever else is kept: the last rule that fits is the one that counts.
  never = length(var.sensitive) == 0 ? [] : [{
    name                = "Sensitive paths are never kept"
    criteriaMustSatisfy = "all"
    criteria = [
      { name = "hostname", options = { matchOperator = "IS_ONE_OF", values = sort(distinct([for s in var.sensitive : s.host])) } },
      { name = "path", options = { matchOperator = "MATCHES_ONE_OF", matchCaseSensitive = false, normalize = false, values = sort(distinct(flatten([for s in var.sensitive : [s.path, "${s.path}/*"]]))) } },
    ]
    behaviors = [
      { name = "caching", options = { behavior = "NO_STORE" } },
      { name = "downstreamCache", options = { behavior = "BUST" } },
    ]
    children = []
  }]

  rules = jsonencode({
    rules = {
      name      = "default"
      options   = { is_secure = true }
      variables = []
      behaviors = local.always
      comments  = "Rendered by paddock from the platform file"
      children  = concat(local.kept, local.never)
    }
  })
}
