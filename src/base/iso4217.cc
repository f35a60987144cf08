#include "base/iso4217.h"

namespace souk {
namespace {

constexpr std::string_view kNone =
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
constexpr std::string_view kTwo =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD "
    "CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
    "GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD "
    "MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP "
    "PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS "
    "TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG";
constexpr std::string_view kThree = "BHD IQD JOD KWD LYD OMR TND";

}  // namespace

std::optional<int> iso4217_digits(std::string_view code) {
  // Three characters without a space are a complete code wherever they are found.
  if (code.size() != 3 || code.contains(' ')) return std::nullopt;
  if (kTwo.contains(code)) return 2;
  if (kNone.contains(code)) return 0;
  if (kThree.contains(code)) return 3;
  return std::nullopt;
}

}  // namespace souk
