#include "http/h1/request_writer.h"

namespace souk::http::h1 {

void write_request(Buffer& out, const OutgoingRequest& request) {
  out.append(method_name(request.method));
  out.append(' ');
  out.append(request.target);
  out.append(" HTTP/1.1\r\nHost: ");
  out.append(request.authority);
  out.append("\r\n");
  if (request.close) out.append("Connection: close\r\n");
  if (request.prepared != nullptr) out.append(request.prepared->h1_lines());
  if (request.headers != nullptr) {
    for (const auto [name, value] : *request.headers) {
      out.append(name);
      out.append(": ");
      out.append(value);
      out.append("\r\n");
    }
  }
  if (!request.body.empty()) {
    out.append("Content-Length: ");
    out.append_unsigned(request.body.size());
    out.append("\r\n");
  }
  out.append("\r\n");
  out.append(request.body);
}

}  // namespace souk::http::h1
