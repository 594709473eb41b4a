locals {
  origin = {
    name = "origin"
    options = {
      originType                = "CUSTOMER"
      hostname                  = var.origin
      forwardHostHeader         = "REQUEST_HOST_HEADER"
      cacheKeyHostname          = "REQUEST_HOST_HEADER"
      compress                  = true
      enableTrueClientIp        = true
      trueClientIpHeader        = "True-Client-IP"
      trueClientIpClientSetting = false
      httpPort                  = 80
      httpsPort                 = 443
      originSni                 = true
      useUniqueCacheKey         = false
      verificationMode          = "CUSTOM"
      customValidCnValues       = ["{{Origin Hostname}}", "{{Forward Host Header}}"]
      originCertsToHonor        = "STANDARD_CERTIFICATE_AUTHORITIES"
      standardCertificateAuthorities = [
        "akamai-permissive",
      ]
      ipVersion  = "IPV4"
      minTlsMode = "TLSV1_2"
    }
  }

  # The load balancer lets nobody in who does not say this.
  verify = {
    name = "modifyIncomingRequestHeader"
    options = {
      action             = "MODIFY"
      standardAddHeaders = "OTHER"
      customHeaderName   = "X-Origin-Verify"
      newHeaderValue     = var.origin_secret
      avoidDuplicates    = true
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
      { name = "http2", options = {} },
      { name = "http3", options = { enable = true } },
      { name = "brotli", options = { enabled = true } },
      { name = "allowTransferEncoding", options = { enabled = true } },
      { name = "removeVary", options = { enabled = false } },
      { name = "report", options = { logHost = true, logReferer = true, logUserAgent = true, logAcceptLanguage = false, logCookies = "OFF", logCustomLogField = false, logXForwardedFor = false } },
    ],
    var.site_shield == null ? [] : [{ name = "siteShield", options = { ssmap = { value = var.site_shield } } }],
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

  rules = jsonencode({
    rules = {
      name      = "default"
      options   = { is_secure = true }
      variables = []
      behaviors = local.always
      comments  = "Rendered by paddock from the platform file"
      children = concat(
        [{
          name                = "Sensitive paths are never kept"
          criteriaMustSatisfy = "any"
          criteria            = [{ name = "path", options = { matchOperator = "MATCHES_ONE_OF", matchCaseSensitive = false, normalize = false, values = length(var.sensitive) == 0 ? ["/login"] : sort([for s in var.sensitive : s.path]) } }]
          behaviors = [
            { name = "caching", options = { behavior = "NO_STORE" } },
            { name = "downstreamCache", options = { behavior = "BUST" } },
          ]
          children = []
        }],
        local.kept,
      )
    }
  })
}
