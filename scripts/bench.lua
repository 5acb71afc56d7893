-- One GA4 purchase beacon: GET, 41 parameters, 8 cookies, 1.5 KB; every request has a key of its own.
local n = 0
local params = "v=2&tid=G-BENCH00001&gtm=45je58d1v89za200&gcs=G111&gcd=13r3r3r3r5l1&npa=0&dma=0"
  .. "&cid=1275773451.1795497137&ul=en-us&sr=1280x800&uaa=x86&uab=64&uafvl=Chromium%3B143.0.8078.79"
  .. "&uamb=0&uam=&uap=Linux&uapv=10.0&uaw=0&frm=0&pscdl=noapi&sid=1795497137&sct=1&seg=1"
  .. "&dl=http%3A%2F%2Fshop.localhost%2Fthanks%3Forder%3DORD-1001&dr=http%3A%2F%2Fshop.localhost%2Fcheckout"
  .. "&dt=Thank%20you&en=purchase&cu=USD&_c=1&_ee=1&pr1=idSKU1~nmShirt~brAcme~pr50~qt2"
  .. "&pr2=idSKU2~nmHat~pr42.52~qt1&epn.value=142.52&epn.tax=3.5&epn.shipping=5&ep.coupon=SUMMER"
  .. "&ep.affiliation=Web&_et=2499&tfd=2665"
local headers = {
  ["Host"] = "%HOST%",
  ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36",
  ["Accept"] = "*/*", ["Accept-Language"] = "en-US,en;q=0.9", ["Accept-Encoding"] = "gzip, deflate, br",
  ["Origin"] = "http://shop.localhost", ["Referer"] = "http://shop.localhost/",
  ["Sec-Fetch-Site"] = "same-site", ["Sec-Fetch-Mode"] = "no-cors", ["Sec-Fetch-Dest"] = "empty",
  ["Cookie"] = "_ga=GA1.2.1275773451.1795497137; _ga_BENCH00001=GS2.1.s1795497137$o1$g1$t1795497140$j57$l0$h0; "
    .. "_fbp=fb.1.1795000000000.1098115397; fh_consent=1.a1m1.%NOW%.fh; PHPSESSID=0123456789abcdef; "
    .. "lang=en; cart=3f2a; theme=dark",
}
request = function()
  n = n + 1
  local query = params .. "&_p=" .. tostring(id) .. "&_s=" .. n .. "&ep.transaction_id=O" .. id .. "-" .. n
  return wrk.format("GET", "/www.google-analytics.com/g/collect?" .. query, headers)
end
local threads = 0
setup = function(thread) threads = threads + 1; thread:set("id", threads) end
