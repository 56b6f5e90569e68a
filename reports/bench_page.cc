#include "reports/bench_page.h"

#include "reports/page.h"
#include "reports/report_template.h"

namespace steelyard {

std::string bench_page(const Json& results) {
  return fill_page(kBenchTemplate, "Steelyard: what a pick costs", results);
}

}  // namespace steelyard
